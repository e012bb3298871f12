import Foundation

/// The ids of all running processes that have `text` on their command line, those of other users too.
///
/// A zombie that its parent has yet to reap has no command line any more.
public func processes(naming text: String) -> [Int32] {
  let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return entries.compactMap { Int32($0) }.sorted().filter { process in
    let commandLine = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
    return commandLine.range(of: Data(text.utf8)) != nil
  }
}
