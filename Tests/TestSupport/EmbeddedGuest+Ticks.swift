import Foundation

extension EmbeddedGuest {
  /// The ticks that the guest has announced on its serial line, in the order it did, over all its starts.
  public var ticks: [Int] {
    serialLines.compactMap { line in
      line.hasPrefix("tick ") ? Int(line.dropFirst("tick ".count)) : nil
    }
  }

  /// How often the guest has booted. Going on from saved memory is no boot.
  public var boots: Int {
    serialLines.count { $0.hasPrefix("guest: up") }
  }

  /// The whole lines of the serial log; one that is still being written is left out.
  public var serialLines: [String] {
    guard let data = FileManager.default.contents(atPath: serialLog) else { return [] }
    let text = String(decoding: data, as: UTF8.self)
    guard let end = text.lastIndex(where: \.isNewline) else { return [] }
    return text[..<end].split(whereSeparator: \.isNewline).map(String.init)
  }

  /// Waits until the guest has announced `count` more ticks than it had when this was called.
  /// - Returns: the last tick announced.
  /// - Throws: ``TestSupportError`` after `timeout` seconds without.
  @discardableResult
  public func waitForTicks(_ count: Int, timeout: Double = 180) throws -> Int {
    let before = ticks.count
    let deadline = Date(timeIntervalSinceNow: timeout)
    while true {
      let now = ticks
      if now.count >= before + count, let last = now.last { return last }
      guard Date() < deadline else {
        throw TestSupportError(
          "the guest announced \(now.count - before) of the \(count) ticks awaited within \(timeout) seconds")
      }
      usleep(50_000)
    }
  }

  /// Starts the guest and waits until it has announced `count` ticks more.
  /// - Returns: the last tick announced.
  /// - Throws: ``TestSupportError`` when it does not start or says nothing.
  @discardableResult
  public func startAndWaitForTicks(_ count: Int = 3) throws -> Int {
    // Counted from before the start: a resumed guest may tick before the command has ended.
    let before = ticks.count
    try snapsh("start", name).check()
    let early = ticks.count - before
    return early >= count ? ticks.last ?? 0 : try waitForTicks(count - early)
  }

  /// What the guest has written to a disk, read through the image's whole backing chain.
  ///
  /// The guest must be shut off: QEMU keeps a running one's newest writes in memory.
  /// - Parameters:
  ///   - target: the disk, for example `vda`.
  ///   - image: the top image of the chain; nil means the disk's first one.
  ///   - format: the format of `image`; nil means the disk's own.
  /// - Returns: the records that the image holds.
  /// - Throws: ``TestSupportError`` when qemu-img cannot read it.
  public func records(
    of target: String, image: String? = nil, format: String? = nil
  ) throws -> TickRecords {
    guard let disk = disks.first(where: { $0.target == target }) else {
      throw TestSupportError("the guest has no disk \(target)")
    }
    let directory = try TemporaryDirectory(prefix: "snapsh-records")
    let raw = directory.file("disk.raw")
    try run([
      try require(tool: "qemu-img"), "convert", "-f", format ?? disk.format, "-O", "raw",
      image ?? imagePath(disk), raw,
    ]).check()
    return try TickRecords(rawImage: raw, disk: target)
  }
}
