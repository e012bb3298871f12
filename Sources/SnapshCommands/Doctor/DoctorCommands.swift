extension CommandRegistry {
  /// The commands that look for trouble.
  static let doctorCommands: DeclaredCommands = ["doctor": DoctorCommand.self]
}
