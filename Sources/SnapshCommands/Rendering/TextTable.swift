/// A table as virsh prints it: a blank before each cell, three between columns, a line of dashes under the header.
struct TextTable {
  private let header: [String]
  private var rows: [[String]] = []

  init(_ header: String...) {
    self.header = header
  }

  init(header: [String]) {
    self.header = header
  }

  mutating func add(row: [String]) {
    rows.append(row)
  }

  /// Prints the table; `-q` leaves out header and dashes, which then count for no column's width either.
  func render(into output: inout TextOutput) {
    let cells = (output.isQuiet ? rows : [header] + rows).map { $0.map(PrintableText.init) }
    var widths = Array(repeating: 0, count: header.count)
    for row in cells {
      for (column, cell) in zip(widths.indices, row) { widths[column] = max(widths[column], cell.width) }
    }
    for (index, row) in cells.enumerated() {
      output.print(line(row, widths: widths))
      if index == 0 && !output.isQuiet {
        let dashes = widths.reduce(0) { $0 + $1 + 3 }
        output.print(String(repeating: "-", count: dashes) + "\n")
      }
    }
  }

  /// The last cell is not padded, except that an empty one keeps the gap before it.
  private func line(_ row: [PrintableText], widths: [Int]) -> String {
    var line = ""
    for (cell, width) in zip(row.dropLast(), widths) {
      line += " " + cell.text + String(repeating: " ", count: max(0, width - cell.width) + 2)
    }
    return line + " " + (row.last?.text ?? "") + "\n"
  }
}
