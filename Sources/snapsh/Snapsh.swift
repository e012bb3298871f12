import SnapshCommands

@main
struct Snapsh {
  static func main() {
    Tool.main()
  }
}
