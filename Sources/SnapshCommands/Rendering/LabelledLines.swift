/// Labels and values, a line each, the values in column 17, as virsh lays out what it tells of one thing.
struct LabelledLines {
  private let lines: [(label: String, value: String)]

  init(_ lines: [(label: String, value: String)]) {
    self.lines = lines
  }

  func render(into text: inout TextOutput) {
    for (label, value) in lines {
      text.print(label + String(repeating: " ", count: max(1, 16 - label.utf8.count)) + value + "\n")
    }
  }
}
