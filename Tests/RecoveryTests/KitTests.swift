import Age
import JournalFormat
import JournalStore
import Machines
import Recovery
import RecoveryKit
import ScratchSpace
import TestMachines
import Testing

@Suite("Copies of the kit")
struct KitTests {
    @Test("a copy that opens is known to be outside, and is recorded once")
    func verified() throws {
        let rescued = try RescuedServer()
        try plant(rescued.server.server.unverifiedKit)
        let copies = KitCopies(rescued.machine)
        for _ in 0..<2 {
            #expect(try copies.verify(rescued.kit, passphrase: typing()) == rescued.server.root.id)
        }
        #expect(try rescued.server.types().filter { $0 == "kit.made" }.count == 1)
        #expect(contents(rescued.server.server.unverifiedKit) == nil)
    }

    @Test("one that lacks the age key would not bring this server back")
    func ageKeyMissing() throws {
        let rescued = try RescuedServer()
        let lacking = rescued.file("lacking.age")
        try rescued.plantKit(lacking) { $0.identities = [.generate()] }
        try plant(rescued.server.server.unverifiedKit)
        #expect(throws: KitError.ageKeyMissing) {
            _ = try KitCopies(rescued.machine).verify(lacking, passphrase: typing())
        }
        #expect(contents(rescued.server.server.unverifiedKit) != nil)
    }

    @Test("one with a root that the journal does not know is refused")
    func rootUnknown() throws {
        let rescued = try RescuedServer()
        let strange = rescued.file("strange.age")
        try rescued.plantKit(strange) { $0.root = JournalKey.generate(.root) }
        #expect(throws: KitError.rootUnknown) {
            _ = try KitCopies(rescued.machine).verify(strange, passphrase: typing())
        }
    }

    @Test("a new kit has today's mirror and every age key, under the passphrase that was asked for")
    func made() throws {
        let rescued = try RescuedServer(isMirrored: true)
        let lacking = rescued.file("lacking.age")
        let other = AgeIdentity.generate()
        try rescued.plantKit(lacking) {
            $0.identities = [other]
            $0.mirror = nil
        }
        let new = rescued.file("new.age")
        try KitCopies(rescued.machine).make(
            new, from: [lacking], passphrase: { _ in try typing()() },
            RenewedPassphrase(typing("other words that open")))
        let section = try new.open(typing("other words that open")()).section(of: "dev")
        #expect(section.mirror == rescued.url)
        #expect(section.identities.map(\.recipient).contains(rescued.server.identity.recipient))
        #expect(section.identities.map(\.recipient).contains(other.recipient))
        #expect(contents(rescued.server.server.unverifiedKit) != nil)
        #expect(throws: KitError.fileThere(new.path)) {
            try KitCopies(rescued.machine).make(new, from: [lacking], passphrase: { _ in try typing()() }, .same)
        }
    }

    @Test("of several kits the one that does not open is named")
    func severalKits() throws {
        let rescued = try RescuedServer()
        let other = rescued.file("other.age")
        try rescued.plantKit(other)
        let error = #expect(throws: KitError.self) {
            try KitCopies(rescued.machine).make(
                rescued.file("new.age"), from: [rescued.kit, other],
                passphrase: { try typing($0 == 0 ? passphrase : "not these")() }, .same)
        }
        guard case .notOpened(let path, _, let hint) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(path == other.path && hint != nil)
    }

    @Test("another age key: the kit holds both, and what was interrupted is finished with the kit that it wrote")
    func identity() throws {
        let rescued = try RescuedServer()
        let old = rescued.server.identity
        let new = rescued.file("new.age")
        let change = IdentityChange(rescued.machine, from: rescued.kit, to: new, passphrase: typing(), .same)
        let recipient = try change.run(reason: "it was seen")
        let inKit = try new.open(typing()()).section(of: "dev").identities.map(\.recipient)
        #expect(inKit == [recipient, old.recipient])
        #expect(try rescued.server.state().recipients == [recipient.description])

        // As if it had been stopped before the key file was written.
        try AgeKeyFiles(rescued.server.server).replace(with: [old], at: rescued.machine.now())
        try rescued.server.record(.setRecipients([old.recipient.description]))
        #expect(try change.run(reason: "it was seen") == recipient)
        #expect(rescued.server.reporter.said.contains { $0.hasPrefix("continuing with the kit") })
        #expect(try AgeKeyFiles(rescued.server.server).read().map(\.recipient) == inKit)
    }

    @Test("a key file without the journal's recipient is not changed")
    func recipientMissing() throws {
        let rescued = try RescuedServer()
        let stranger = AgeIdentity.generate().recipient.description
        try rescued.server.record(.setRecipients([stranger]))
        let change = IdentityChange(
            rescued.machine, from: rescued.kit, to: rescued.file("new.age"), passphrase: typing(), .same)
        #expect(throws: IdentityError.recipientsKeyMissing(rescued.server.server.ageIdentity, [stranger])) {
            _ = try change.run(reason: "a test")
        }
    }
}
