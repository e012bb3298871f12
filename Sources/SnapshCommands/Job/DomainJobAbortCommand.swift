import CommandGrammar
import Libvirt

/// `domjobabort DOMAIN`: ends the job that holds a domain.
struct DomainJobAbortCommand: VirshCommand {
  private static let postCopy = Option.flag(
    "postcopy", help: "also a migration that has switched to post-copy")

  static let grammar = CommandGrammar(
    name: "domjobabort", group: "domain", abstract: "abort active domain job",
    discussion: "Ends the save, backup, dump or migration that holds a domain.",
    options: [DomainOption.domain, postCopy],
    examples: [("snapsh domjobabort guest", "End a pull backup that has been fetched.")])

  private let domain: String
  private let flags: JobAbortFlags

  init(_ arguments: ParsedArguments) throws {
    domain = try arguments[DomainOption.domain]
    flags = try arguments[Self.postCopy] ? .postCopy : []
  }

  func run(in session: Session) throws -> any CommandResult {
    let domain = try session.domain(domain)
    try domain.abortJob(flags)
    return Sentence(
      "", fields: DomainAction(domain: domain.name, uuid: try domain.uuid(), action: "job-aborted"))
  }
}
