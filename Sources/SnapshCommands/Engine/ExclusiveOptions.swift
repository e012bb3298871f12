import CommandGrammar

/// Options that contradict each other, or need each other.
extension ParsedArguments {
  /// Refuses the first pair of which both are given.
  ///
  /// - Parameter pairs: In virsh's order, because only the first contradiction is told.
  /// - Throws: `ArgumentError.mutuallyExclusive`.
  func refuseBoth(_ pairs: [(any DeclaredOption, any DeclaredOption)]) throws {
    for (first, second) in pairs where isGiven(first) && isGiven(second) {
      throw ArgumentError.mutuallyExclusive("--" + first.grammar.name, "--" + second.grammar.name)
    }
  }

  /// Refuses an option without another one.
  ///
  /// - Throws: `ArgumentError.requires`.
  func require(_ other: any DeclaredOption, with option: any DeclaredOption) throws {
    guard isGiven(option), !isGiven(other) else { return }
    throw ArgumentError.requires(option: "--" + option.grammar.name, other: "--" + other.grammar.name)
  }

  /// The filters of a list that would tear a tree apart.
  ///
  /// - Throws: ``CommandFailure``.
  func refuseFilters(_ filters: [Option<Bool>], besides tree: Option<Bool>) throws {
    for filter in filters where isGiven(filter) && isGiven(tree) {
      throw CommandFailure("--\(filter.grammar.name) and --tree are mutually exclusive")
    }
  }
}
