import Glibc

/// A document that a person edits until libvirt takes it, or until the person gives up; what was typed is never lost.
struct DocumentEdit {
  /// What virsh says first when it fails.
  let failure: String
  let session: Session

  /// Runs the editor, and again while a person at a terminal wants to.
  ///
  /// - Parameters:
  ///   - original: The document as it is.
  ///   - alwaysDefines: Whether even an unchanged document is defined anew.
  ///   - current: Asks for the document again, so that somebody else's change is not overwritten.
  ///   - define: Makes the edited document the one in force.
  /// - Returns: Whether the document was defined.
  /// - Throws: ``CommandFailure`` that tells where the edited text is kept.
  func run(
    _ original: String, alwaysDefines: Bool = false, current: () throws -> String,
    define: (String) throws -> Void
  ) throws -> Bool {
    let file: EditedFile
    do {
      file = try EditedFile(holding: original, environment: session.environment)
    } catch {
      throw CommandFailure(failure, cause: error)
    }
    let editor = TextEditor(environment: session.environment)
    var overwrites = false
    var edits = true
    while true {
      do {
        if edits { try editor.edit(file.path) }
        let edited = try file.text()
        if edited == original && !alwaysDefines {
          file.remove()
          return false
        }
        if try !overwrites && current() != original {
          throw CommandFailure("The XML configuration was changed by another user.")
        }
        try define(edited)
        file.remove()
        return true
      } catch {
        switch try answer(to: error, keeping: file, original: original) {
        case .editAgain: edits = true
        case .overwrite: (edits, overwrites) = (false, true)
        }
      }
    }
  }

  private enum Answer {
    case editAgain
    case overwrite
  }

  /// Asks what to do, where there is a terminal to ask on.
  private func answer(to error: any Error, keeping file: EditedFile, original: String) throws -> Answer {
    guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1, !session.printsJSON else {
      throw failure(error, keeping: file, original: original)
    }
    session.console.printError(Failure(error).text)
    while true {
      session.console.printError("Failed. Try again? [y,n,f,?]: ")
      switch readLine()?.lowercased() {
      case "y", "yes": return .editAgain
      case "f": return .overwrite
      case "n", "no", nil: throw failure(error, keeping: file, original: original)
      default:
        session.console.printError(
          """
          y - yes, start editor again
          n - no, throw away nothing: the text stays in its file
          f - force, try to redefine again
          ? - print this help

          """)
      }
    }
  }

  private func failure(_ error: any Error, keeping file: EditedFile, original: String) -> CommandFailure {
    let edited = try? file.text()
    guard edited != original else {
      // Nothing was typed that could be lost.
      file.remove()
      return CommandFailure(failure, cause: error)
    }
    return CommandFailure(
      failure, cause: CommandFailure("the edited text is kept in '\(file.path)'", cause: error))
  }
}
