import DiskIO
import Libvirt

extension ExternalReversion {
  /// The operation as steps.
  ///
  /// Until the guest is on the fresh overlays everything is taken back by a failure, a guest that was running goes on
  /// from the memory that was kept of it. Behind that only files that nobody needs are left to remove.
  /// - Parameter domain: The domain that the operation was prepared for.
  /// - Returns: The steps.
  public func plan(on domain: Domain) -> Plan {
    let guest = RevertedGuest(domain: domain, reversion: self)
    var steps = [
      Step(
        "make fresh overlays on what snapshot '\(snapshot)' froze of \(diskList)",
        perform: guest.makeOverlays, undoing: "remove the fresh overlays", undo: guest.removeOverlays)
    ]
    if let branch {
      steps.append(
        Step(
          "keep what the guest is now as snapshot '\(branch.name)'"
            + (branch.memoryFile == nil ? "" : " with its memory") + stopping,
          perform: { try guest.keep(branch) },
          undoing: "put the guest back to where it was, and remove snapshot '\(branch.name)'",
          undo: { try guest.putBack(branch) }))
    } else if endingBefore != .shutoff {
      steps.append(
        Step(
          "stop the guest; what it is now is thrown away", perform: guest.stop,
          undoing: "start the guest again (it boots, its memory is gone)", undo: guest.startAgain))
    }
    steps.append(
      Step(
        "define the domain as it was, on the fresh overlays", perform: guest.define,
        undoing: "define the domain as before", undo: guest.undefine))
    steps.append(
      Step(
        "make '\(snapshot)' the current snapshot", perform: guest.makeCurrent,
        undoing: "make the snapshot current that was", undo: guest.restoreCurrent))
    if dropsManagedSave {
      steps.append(Step("throw the managed save away", perform: guest.dropManagedSave))
    }
    switch (ending, memoryFile) {
    case (.shutoff, _): break
    case (_, let file?):
      steps.append(
        Step(
          "go on from the memory in '\(file)'\(ending == .paused ? ", paused" : "")", perform: guest.resume,
          undoing: "stop the guest", undo: guest.stopAgain))
    case (_, nil):
      steps.append(
        Step(
          "start the guest\(ending == .paused ? ", paused" : "")", perform: guest.start,
          undoing: "stop the guest", undo: guest.stopAgain))
    }
    var finishing: [Step] = []
    if !unneeded.isEmpty {
      finishing.append(
        Step("remove \(unneeded.joined(separator: ", ")), which nobody needs any more") {
          try guest.removeUnneeded()
        })
    }
    return Plan(steps, finishing: finishing, isAchieved: guest.isBack)
  }

  private var diskList: String {
    disks.isEmpty ? "no disk" : disks.map(\.target).joined(separator: ", ")
  }

  private var stopping: String { endingBefore == .shutoff ? "" : ", and stop the guest" }
}

extension ExternalReversion.Branch {
  /// The request for the snapshot: what it takes by name, and nothing else.
  func document(of domain: Domain, leaving snapshot: String) throws -> String {
    let targets = try DiskChain.chains(inDomainXML: domain.xml()).map(\.target)
    return BranchRequest(
      name: name, description: "what the guest was before it was taken back to '\(snapshot)'",
      memoryFile: memoryFile, overlays: overlays, targets: targets
    ).xml
  }
}
