import CommandGrammar

extension CommandRegistry {
  /// The commands on libvirt's save images.
  static let saveImageCommands: DeclaredCommands = [
    "save-image info": SaveImageInfoCommand.self,
    "save-image xml": SaveImageXMLCommand.self,
    "save-image memory": SaveImageMemoryCommand.self,
    "save-image create": SaveImageCreateCommand.self,
  ]
}

extension Option where Value == String {
  /// The save image a command reads.
  static let saveImageFile = Option.required(
    "file", completes: .file,
    help: "file that libvirt wrote at managedsave, save, or as the memory of a snapshot")
}
