/// Whoever makes a guest send what an ``ArchiveReception`` awaits; called on the thread that receives.
protocol ArchiveSender {
  /// What is known of the guest; asked at the beginning and, for an archive that can still be told, at the end.
  var guest: ArchiveManifest.Guest? { get }
  /// Called when all sockets listen.
  func begin() throws
  /// Called all the time; throws what keeps the rest from coming.
  func check() throws
  /// Called when all has come; throws what speaks against an archive of it all the same.
  func confirm() throws
  /// Called when the archive has failed, while its clients are still served: they are to be called back first.
  func withdraw()
}

/// Senders who are told that they may begin, and of whom nothing else is known.
struct Strangers: ArchiveSender {
  var guest: ArchiveManifest.Guest? { nil }
  let ready: () throws -> Void

  func begin() throws { try ready() }
  func check() {}
  func confirm() {}
  func withdraw() {}
}
