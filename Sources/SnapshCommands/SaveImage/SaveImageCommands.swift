import CommandGrammar

extension CommandRegistry {
  /// The commands on libvirt's save images.
  static let saveImageCommands: [any Command.Type] = [
    SaveImageInfoCommand.self,
    SaveImageXMLCommand.self,
    SaveImageMemoryCommand.self,
    SaveImageCreateCommand.self,
  ]
}

extension Option where Value == String {
  /// The save image a command reads.
  static let saveImageFile = Option.required(
    "file", completes: .file,
    help: "file that libvirt wrote at managedsave, save, or as the memory of a snapshot")
}
