import Foundation

/// The schemas under docs/schemas, as what programs are promised of every command's `--json`.
public final class ScriptContract {
  /// The directory of the schemas.
  public static let directory = packageDirectory + "/docs/schemas"

  private var schemas: [String: JSONSchema] = [:]

  /// No schema read yet.
  public init() {}

  /// What is wrong with the lines a command printed on standard output.
  /// - Parameters:
  ///   - output: its whole standard output.
  ///   - fileName: the command's schema, as `snapshot-list.json`.
  /// - Returns: a sentence for each problem.
  /// - Throws: Foundation's error when a schema cannot be read.
  public func problems(ofOutput output: String, schema fileName: String) throws -> [String] {
    try output.split(separator: "\n").flatMap { line in try problems(of: line, schemas: [fileName]) }
  }

  /// What is wrong with the lines on standard error: each must be an error, progress or a warning.
  /// - Throws: Foundation's error when a schema cannot be read.
  public func problems(ofErrors text: String) throws -> [String] {
    try text.split(separator: "\n").flatMap { line in
      try problems(
        of: line,
        schemas: ["shared/error.json", "shared/progress.json", "shared/warning.json", "shared/waiting.json"])
    }
  }

  /// The lines of a file below testdata/contract that hold a command: no comments, no empty lines.
  /// - Throws: Foundation's error when the file cannot be read.
  public static func commandLines(_ fileName: String) throws -> [String] {
    String(decoding: try testdataBytes("contract/" + fileName), as: UTF8.self)
      .split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
  }

  private func problems(of line: Substring, schemas names: [String]) throws -> [String] {
    guard let value = try? JSONValue(Data(line.utf8)) else { return ["this is no JSON: \(line)"] }
    let outcomes = try names.map { try schema($0).problems(of: value) }
    if outcomes.contains(where: \.isEmpty) { return [] }
    return zip(names, outcomes).map { "\($0): \($1.joined(separator: "; ")) in \(line)" }
  }

  private func schema(_ name: String) -> JSONSchema {
    if let known = schemas[name] { return known }
    let schema = JSONSchema(name, in: Self.directory)
    schemas[name] = schema
    return schema
  }
}
