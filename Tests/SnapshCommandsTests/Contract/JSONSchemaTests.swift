import Foundation
import TestSupport
import Testing

@Suite("The validator that holds JSON against the schemas is strict")
struct JSONSchemaTests {
  private func problems(of json: String, with schema: String) throws -> [String] {
    let directory = try TemporaryDirectory()
    try directory.write(text: schema, to: "s.json")
    return try JSONSchema("s.json", in: directory.path).problems(of: JSONValue(Data(json.utf8)))
  }

  @Test(
    "what does not match is told",
    arguments: [
      (#"{"type":"object","additionalProperties":false}"#, #"{"a":1}"#),
      (#"{"type":"object","properties":{"a":{"type":"string"}}}"#, #"{"a":1}"#),
      (#"{"required":["a"]}"#, "{}"), (#"{"type":"integer"}"#, "1.5"), (#"{"type":"integer"}"#, "true"),
      (#"{"type":"boolean"}"#, "1"), (#"{"enum":["a"]}"#, #""b""#), (#"{"const":"a"}"#, #""b""#),
      (#"{"minimum":0}"#, "-1"), (#"{"pattern":"^a$"}"#, #""ab""#),
      (#"{"items":{"type":"string"}}"#, #"["a",1]"#),
      (#"{"oneOf":[{"type":"string"},{"enum":["a"]}]}"#, #""a""#), (#"{"oneOf":[{"type":"string"}]}"#, "1"),
      (##"{"$ref":"#/$defs/n","$defs":{"n":{"type":"number"}}}"##, #""a""#),
      (#"{"maximum":9}"#, "1"),
    ])
  func mismatch(schema: String, json: String) throws {
    #expect(try problems(of: json, with: schema).count == 1)
  }

  @Test(
    "what matches passes",
    arguments: [
      (#"{"type":"object","additionalProperties":{"type":["number","string"]}}"#, #"{"a":1,"b":"c"}"#),
      (#"{"type":"integer","minimum":0}"#, "18446744073709551615"), (#"{"type":"number"}"#, "1"),
      (#"{"oneOf":[{"type":"string"},{"type":"null"}]}"#, "null"),
      (##"{"$ref":"#/$defs/n","$defs":{"n":{"type":"number"}}}"##, "0.5"),
    ])
  func match(schema: String, json: String) throws {
    #expect(try problems(of: json, with: schema) == [])
  }

  @Test("a schema with an unknown keyword, an open object or a member without description is refused")
  func schemasOfTheirOwn() throws {
    let directory = try TemporaryDirectory()
    try directory.write(
      text:
        #"{"type":"object","title":"t","maxLength":1,"properties":{"a":{"type":"string"}},"additionalProperties":true}"#,
      to: "s.json")
    let problems = try JSONSchema("s.json", in: directory.path).problemsOfItsOwn()
    #expect(problems.count == 4, "\(problems)")
    try directory.write(text: ##"{"$ref":"#/$defs/none"}"##, to: "r.json")
    #expect(throws: TestSupportError.self) { try JSONSchema("r.json", in: directory.path).problemsOfItsOwn() }
  }
}
