extension CommandRegistry {
  /// The commands that look for trouble.
  static let doctorCommands: [any Command.Type] = [DoctorCommand.self]
}
