/// What a fixture could not do, as one sentence.
public struct TestSupportError: Error, Equatable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  /// An error that reads as `description`.
  public init(_ description: String) {
    self.description = description
  }
}
