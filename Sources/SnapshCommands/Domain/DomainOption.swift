import CommandGrammar

/// Options that several commands on domains share.
enum DomainOption {
  /// The domain a command is about.
  static let domain = Option.required("domain", completes: .domain, help: "domain name, id or uuid")
  /// `--xpath` of the commands that print a document.
  static let xpath = Option.text(
    "xpath", namedOnly: true, help: "xpath expression to filter the XML document")
  /// `--wrap` of the commands that print a document.
  static let wrap = Option.flag("wrap", help: "wrap xpath results in an common root element")
  /// `--security-info` of the commands that print a document.
  static let securityInformation = Option.flag(
    "security-info", help: "include security sensitive information in XML dump")
}
