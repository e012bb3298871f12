import CommandGrammar
import Operations

/// What a person wants to become of a managed save that the disks would leave behind: options that virsh does not have.
enum ManagedSaveOption {
  static let drop = Option.flag(
    "drop-managed-save", help: "throw a managed save of the domain away (not in virsh)")
  static let rewrite = Option.flag(
    "rewrite-managed-save", help: "let a managed save of the domain go on with the new disks (not in virsh)")

  static func choice(in arguments: ParsedArguments) throws -> ManagedSaveGuard.Choice {
    switch (try arguments[drop], try arguments[rewrite]) {
    case (true, true):
      throw ArgumentError.mutuallyExclusive("--drop-managed-save", "--rewrite-managed-save")
    case (true, false): return .drop
    case (false, true): return .rewrite
    case (false, false): return .refuse
    }
  }
}
