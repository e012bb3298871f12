/// A name with its namespace; the empty namespace is none.
struct ExpandedName: Hashable {
  var namespace: String
  var local: String
}

/// Which names an `element` or `attribute` pattern stands for (RELAX NG, section 4.16 and 6.1).
indirect enum RelaxNGNameClass: Hashable {
  case name(ExpandedName)
  case anyName(except: RelaxNGNameClass?)
  case namespace(String, except: RelaxNGNameClass?)
  case choice([RelaxNGNameClass])

  func contains(_ name: ExpandedName) -> Bool {
    switch self {
    case .name(let only): only == name
    case .anyName(let except): !(except?.contains(name) ?? false)
    case .namespace(let namespace, let except):
      namespace == name.namespace && !(except?.contains(name) ?? false)
    case .choice(let classes): classes.contains { $0.contains(name) }
    }
  }

  /// The names that can be listed; wildcards have none.
  var listedNames: [String] {
    switch self {
    case .name(let name): [name.local]
    case .anyName, .namespace: []
    case .choice(let classes): classes.flatMap(\.listedNames)
    }
  }
}
