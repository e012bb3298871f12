@main
struct Snapsh {
  static func main() {
    print("snapsh")
  }
}
