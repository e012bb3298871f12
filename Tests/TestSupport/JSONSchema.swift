import Foundation

/// A JSON Schema (draft 2020-12) of this project, and what of a value does not match it.
///
/// Only the keywords that our schemas use are known: any other is a problem of its own, and so is an object that
/// would let undocumented members through.
public final class JSONSchema {
  /// Keywords that say something to people only.
  private static let remarks: Set<String> = ["$schema", "$defs", "title", "description"]

  private let directory: String
  private var documents: [String: JSONValue] = [:]
  private let name: String

  /// A schema by its file.
  /// - Parameters:
  ///   - name: the file's path below `directory`.
  ///   - directory: the directory that holds the schemas.
  public init(_ name: String, in directory: String) {
    self.name = name
    self.directory = directory
  }

  /// What is wrong with a value, a line each; empty where it matches.
  /// - Throws: Foundation's error when a schema cannot be read.
  public func problems(of value: JSONValue) throws -> [String] {
    try problems(of: value, at: "$", schema: document(name), in: name)
  }

  /// What is wrong with the schema itself, whatever is validated with it, and what it has no words for.
  /// - Throws: Foundation's error when a schema cannot be read.
  public func problemsOfItsOwn() throws -> [String] {
    let root = try document(name)
    var problems =
      root["$schema"]?.string == "https://json-schema.org/draft/2020-12/schema" ? [] : ["no $schema"]
    if root["title"]?.string?.isEmpty != false { problems.append("no title") }
    problems += try examine(root, at: "#", in: name)
    if case .object(let definitions)? = root["$defs"] {
      for (key, schema) in definitions { problems += try examine(schema, at: "#/$defs/\(key)", in: name) }
    }
    return problems
  }

  private func document(_ name: String) throws -> JSONValue {
    if let known = documents[name] { return known }
    let path = URL(fileURLWithPath: directory).appendingPathComponent(name).path
    guard let data = FileManager.default.contents(atPath: path) else {
      throw TestSupportError("there is no schema \(path)")
    }
    let document = try JSONValue(data)
    documents[name] = document
    return document
  }

  /// The schema that a reference in another one names, and the file it stands in.
  private func resolve(_ reference: String, from file: String) throws -> (schema: JSONValue, file: String) {
    let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let folder = file.contains("/") ? String(file.prefix { $0 != "/" }) + "/" : ""
    let target = parts[0].isEmpty ? file : folder + parts[0]
    var schema = try document(target)
    for step in (parts.count > 1 ? parts[1] : "").split(separator: "/") {
      guard let next = schema[String(step)] else {
        throw TestSupportError("\(file): the reference \(reference) leads nowhere")
      }
      schema = next
    }
    return (schema, target)
  }

  private func problems(
    of value: JSONValue, at place: String, schema: JSONValue, in file: String
  ) throws -> [String] {
    guard case .object(let keywords) = schema else { return ["\(place): the schema is no object"] }
    var problems: [String] = []
    for (keyword, operand) in keywords where !Self.remarks.contains(keyword) {
      switch keyword {
      case "$ref":
        let (target, targetFile) = try resolve(operand.string ?? "", from: file)
        problems += try self.problems(of: value, at: place, schema: target, in: targetFile)
      case "oneOf": problems += try alternatives(of: value, at: place, operand.array ?? [], in: file)
      case "properties": problems += try members(of: value, at: place, operand, in: file)
      case "additionalProperties":
        problems += try others(of: value, at: place, operand, known: schema["properties"], in: file)
      case "items":
        for (index, element) in (value.array ?? []).enumerated() {
          problems += try self.problems(of: element, at: "\(place)[\(index)]", schema: operand, in: file)
        }
      default:
        if let problem = Self.problem(of: value, with: keyword, operand) {
          problems.append("\(place): \(problem)")
        }
      }
    }
    return problems
  }

  /// Keywords that look at one value only; unknown ones never match.
  private static func problem(of value: JSONValue, with keyword: String, _ operand: JSONValue) -> String? {
    switch keyword {
    case "type":
      let types = operand.array?.compactMap(\.string) ?? [operand.string ?? ""]
      return types.contains { value.isOfType($0) } ? nil : "is not of type \(types.joined(separator: " or "))"
    case "const": return value == operand ? nil : "is not \(operand)"
    case "enum": return operand.array?.contains(value) == true ? nil : "\(value) is none of the words known"
    case "minimum":
      guard let number = value.double, let least = operand.double, number < least else { return nil }
      return "is less than \(least)"
    case "pattern":
      guard let text = value.string else { return nil }
      guard let pattern = operand.string, let regex = try? Regex(pattern) else {
        return "the pattern is wrong"
      }
      return text.firstMatch(of: regex) == nil ? "'\(text)' does not match \(pattern)" : nil
    case "required":
      guard case .object(let members) = value else { return nil }
      let missing = (operand.array ?? []).compactMap(\.string).filter { members[$0] == nil }
      return missing.isEmpty ? nil : "lacks \(missing.joined(separator: ", "))"
    default: return "the validator does not know the keyword '\(keyword)'"
    }
  }

  private func alternatives(
    of value: JSONValue, at place: String, _ schemas: [JSONValue], in file: String
  ) throws -> [String] {
    let outcomes = try schemas.map { try problems(of: value, at: place, schema: $0, in: file) }
    let matching = outcomes.count { $0.isEmpty }
    guard matching != 1 else { return [] }
    let details = outcomes.map { $0.joined(separator: ", ") }.joined(separator: "; or ")
    return ["\(place): matches \(matching) of \(schemas.count) alternatives instead of one (\(details))"]
  }

  private func members(
    of value: JSONValue, at place: String, _ properties: JSONValue, in file: String
  ) throws -> [String] {
    guard case .object(let members) = value else { return [] }
    return try members.sorted { $0.key < $1.key }.flatMap { name, member in
      try properties[name].map { try problems(of: member, at: "\(place).\(name)", schema: $0, in: file) }
        ?? []
    }
  }

  /// What stands in an object beside the members that the schema names.
  private func others(
    of value: JSONValue, at place: String, _ schema: JSONValue, known: JSONValue?, in file: String
  ) throws -> [String] {
    guard case .object(let members) = value else { return [] }
    return try members.filter { known?[$0.key] == nil }.sorted { $0.key < $1.key }.flatMap { name, member in
      schema == .boolean(false)
        ? ["\(place): has the undocumented member '\(name)'"]
        : try problems(of: member, at: "\(place).\(name)", schema: schema, in: file)
    }
  }

  /// Whether every keyword is known, every reference leads somewhere, and every object is closed and documented.
  private func examine(_ schema: JSONValue, at place: String, in file: String) throws -> [String] {
    guard case .object(let keywords) = schema else { return ["\(place): is no object"] }
    var problems: [String] = []
    let known = Self.remarks.union([
      "$ref", "oneOf", "properties", "additionalProperties", "items", "type", "const", "enum", "minimum",
      "pattern", "required",
    ])
    problems += Set(keywords.keys).subtracting(known).sorted().map { "\(place): unknown keyword '\($0)'" }
    if let reference = keywords["$ref"]?.string { _ = try resolve(reference, from: file) }
    for (index, alternative) in (keywords["oneOf"]?.array ?? []).enumerated() {
      problems += try examine(alternative, at: "\(place)/oneOf/\(index)", in: file)
    }
    if let items = keywords["items"] { problems += try examine(items, at: place + "/items", in: file) }
    guard keywords["type"] == .string("object") else { return problems }
    guard let others = keywords["additionalProperties"] else {
      return problems + ["\(place): does not say what becomes of undocumented members"]
    }
    guard case .object(let properties)? = keywords["properties"] else { return problems }
    if others != .boolean(false) { problems.append("\(place): lets undocumented members through") }
    for (name, property) in properties {
      if property["description"] == nil && property["$ref"] == nil {
        problems.append("\(place): the member '\(name)' has no description")
      }
      problems += try examine(property, at: "\(place)/\(name)", in: file)
    }
    return problems
  }
}

extension JSONValue {
  fileprivate func isOfType(_ name: String) -> Bool {
    switch (name, self) {
    case ("null", .null), ("boolean", .boolean), ("string", .string), ("array", .array), ("object", .object),
      ("integer", .integer), ("number", .integer), ("number", .number):
      true
    // What JSON calls an integer may be written with a fraction of zero.
    case ("integer", .number(let value)): value.rounded() == value
    default: false
    }
  }
}
