extension CommandRegistry {
  /// The commands on libvirt's save images.
  static let saveImageCommands: [any Command.Type] = []
}
