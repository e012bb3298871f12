import Operations

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
      } catch {
        // An editor that fails is how a person says that nothing is to be done (vi's `:cq`).
        throw failure(error, keeping: file, original: original, wasShown: false)
      }
      do {
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
        // Where nobody can be asked, and for programs, the failure is the end.
        guard EditAgainPrompt.isPossible && !session.printsJSON else {
          throw failure(error, keeping: file, original: original, wasShown: false)
        }
        session.console.printError(Failure(error).text)
        switch EditAgainPrompt(session: session).answer() {
        case .editAgain: (edits, overwrites) = (true, false)
        case .overwrite: (edits, overwrites) = (false, true)
        case .giveUp: throw failure(error, keeping: file, original: original, wasShown: true)
        }
      }
    }
  }

  /// What the command fails with.
  ///
  /// - Parameters:
  ///   - error: Why the document is not in force.
  ///   - file: Where the edited text is; removed unless something was typed that could be lost.
  ///   - original: The document as it was.
  ///   - wasShown: Whether the person has read the error already.
  /// - Returns: The error with what failed, and where the edited text is.
  private func failure(
    _ error: any Error, keeping file: EditedFile, original: String, wasShown: Bool
  ) -> CommandFailure {
    var lines = [failure]
    if let edited = try? file.text(), edited == original {
      file.remove()
    } else {
      lines.append("the edited text is kept in '\(file.path)'")
    }
    // virsh tells what it refuses itself before it tells what failed.
    let cause = Failure(error).lines
    if error is any EditRefusal && !wasShown {
      lines = cause + lines
    } else if !wasShown {
      lines += cause
    }
    return CommandFailure(lines: lines, hiding: error)
  }
}

/// A document that is refused before libvirt is asked.
protocol EditRefusal: Error {}

extension SnapshotRenameError: EditRefusal {}

extension CheckpointRenameError: EditRefusal {}
