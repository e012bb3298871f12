import Glibc
import SystemPackage

/// Where snapsh keeps what outlives a run, by the XDG base directory specification.
struct StateDirectory {
  private let path: FilePath?

  /// `$XDG_STATE_HOME/snapsh`, or `~/.local/state/snapsh`; nothing where neither is known.
  init(environment: [String: String]) {
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
      path = FilePath(state).appending("snapsh")
    } else {
      path = environment["HOME"].map { FilePath($0).appending(".local/state/snapsh") }
    }
  }

  /// Where the journals of operations are kept, made by whoever writes one.
  var journals: FilePath? { path?.appending("journals") }

  /// The shell's history file, in a directory made if need be and open to the user alone.
  ///
  /// - Returns: `nil` where the directory cannot be made: a shell without history is still a shell.
  func historyFile() -> FilePath? {
    guard let path else { return nil }
    var directory = FilePath(root: path.root)
    for component in path.components {
      directory.append(component)
      guard mkdir(directory.string, 0o700) == 0 || errno == EEXIST else { return nil }
    }
    return path.appending("history")
  }
}

/// No place for what must outlive a run.
struct StateDirectoryError: Error, Equatable, CustomStringConvertible {
  var description: String {
    "there is no place to keep a journal of the work: set HOME, or XDG_STATE_HOME to an absolute path"
  }
}
