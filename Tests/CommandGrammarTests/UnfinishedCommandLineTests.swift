import Testing

@testable import CommandGrammar

@Suite("A line that is still being typed is read by the tokenizer's rules")
struct UnfinishedCommandLineTests {
  @Test(
    "the words before, and the one in hand",
    arguments: [
      ("", [], "", ""),
      ("domi", [], "domi", "domi"),
      ("dominfo ", ["dominfo"], "", ""),
      ("dominfo g1; domstate g", ["domstate"], "g", "g"),
      ("dominfo g1;", [], "", ""),
      ("dominfo my\\ gu", ["dominfo"], "my gu", "my\\ gu"),
      ("dominfo \"my gu", ["dominfo"], "my gu", "\"my gu"),
      ("echo 'a;b' \"c\\\"d\" e", ["echo", "a;b", "c\"d"], "e", "e"),
      ("echo a#b", ["echo"], "a#b", "a#b"),
      ("echo '' ", ["echo", ""], "", ""),
    ])
  func reading(line: String, words: [String], partial: String, raw: String) throws {
    let unfinished = try #require(UnfinishedCommandLine(line))
    #expect(unfinished.words == words)
    #expect(unfinished.partial == partial)
    #expect(unfinished.raw == raw)
  }

  @Test("there is nothing to complete in a comment")
  func comment() {
    #expect(UnfinishedCommandLine("echo a # domi") == nil)
    #expect(UnfinishedCommandLine("#") == nil)
  }

  @Test(
    "a word is written so that the tokenizer reads it back, in the quotes that are open",
    arguments: ["", "\"", "'"],
    ["plain", "two words", "semi;colon", "quo\"te", "apos'trophe", "back\\slash", "#hash", "Älter 日本"])
  func writing(quote: String, word: String) throws {
    let line = "dominfo " + quote + word.prefix(1).filter { !"\"'\\#".contains($0) }
    let unfinished = try #require(UnfinishedCommandLine(line))
    guard quote != "'" || !word.contains("'") else { return }
    #expect(
      try CommandLineTokenizer.commands(in: "dominfo " + unfinished.typed(word)) == [["dominfo", word]])
  }
}
