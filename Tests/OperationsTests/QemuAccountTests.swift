import Glibc
import TestSupport
import Testing

@testable import Operations

@Suite("The account that QEMU runs as")
struct QemuAccountTests {
  private func account(_ labels: String) throws -> QemuAccount? {
    try QemuAccount(ofRunning: "<domain type='kvm'>\(labels)</domain>")
  }

  private func dac(_ label: String) -> String {
    "<seclabel type='dynamic' model='dac' relabel='yes'><label>\(label)</label></seclabel>"
  }

  @Test("is read from the running guest's own label, whether that has numbers or names")
  func label() throws {
    let apparmor = "<seclabel type='dynamic' model='apparmor'><label>+1:+2</label></seclabel>"
    let numbers = try #require(try account(apparmor + dac("+64055:+109")))
    #expect(numbers.user == 64055 && numbers.group == 109)
    let plain = try #require(try account(dac("4294000000:4294000001")))
    #expect(plain.user == 4_294_000_000 && plain.group == 4_294_000_001)
    let named = try #require(try account(dac("root:root")))
    #expect(named.user == 0 && named.group == 0)
  }

  @Test(
    "is nobody's where no label says it",
    arguments: ["", "+1", "+1:+2:+3", ":", "+-1:+0", "+99999999999:+0", "no such user:root"])
  func none(label: String) throws {
    #expect(try account(dac(label)) == nil)
    #expect(try account("") == nil)
    #expect(try account("<seclabel type='none' model='dac'/>") == nil)
  }

  @Test("is the owner of the directories of a driver inside the process")
  func directory() throws {
    let directory = try TemporaryDirectory()
    let account = try #require(QemuAccount(owning: directory.path))
    #expect(account.user == geteuid())
    if geteuid() == 0 {
      #expect(chown(directory.path, 64055, 109) == 0)
      let other = try #require(QemuAccount(owning: directory.path))
      #expect(other.user == 64055 && other.group == 109)
    }
    #expect(QemuAccount(owning: directory.file("none")) == nil)
    #expect(try QemuAccount(owning: directory.write(text: "", to: "file")) == nil)
  }

  @Test("is the base label of the capabilities for a guest that does not run yet")
  func capabilities() throws {
    func read(_ models: String) throws -> QemuAccount? {
      try QemuAccount(ofCapabilities: "<capabilities><host>\(models)</host></capabilities>")
    }
    let dac =
      "<secmodel><model>dac</model><doi>0</doi><baselabel type='kvm'>+107:+36</baselabel></secmodel>"
    let account = try #require(try read("<secmodel><model>apparmor</model></secmodel>" + dac))
    #expect(account.user == 107 && account.group == 36)
    #expect(try read("") == nil)
  }
}
