import Age
import JournalFormat
import RecoveryKit
import Testing

@Suite("The sections of a kit")
struct KitSectionsTests {
    private func refusal(_ body: () throws(RecoveryKit.SectionError) -> RecoveryKit) -> RecoveryKit.SectionError? {
        do throws(RecoveryKit.SectionError) {
            _ = try body()
            return nil
        } catch {
            return error
        }
    }

    private let dev = TestKit.section("dev")
    private let notes = TestKit.section("notes", mirror: nil)

    @Test("Given a kit, when another data set is added, then both are in it, the old one as it was")
    func added() throws {
        let kit = try RecoveryKit([dev]).adding(notes)
        #expect(kit.shown == [Shown(dev), Shown(notes)])
        #expect(try kit.section(of: "notes").root.id == notes.root.id)
    }

    @Test("Given a kit, when a data set that it has is added, then that is refused, with the journal that is there")
    func addedTwice() throws {
        let kit = try RecoveryKit([dev])
        #expect(
            refusal { () throws(RecoveryKit.SectionError) in try kit.adding(TestKit.section("dev")) }
                == .alreadyThere("dev", dev.log))
        #expect(refusal { () throws(RecoveryKit.SectionError) in try kit.adding(dev) } == .alreadyThere("dev", dev.log))
    }

    @Test("Given a kit, when a data set is chosen that is not in it, then it names those that are")
    func chosen() throws {
        let kit = try RecoveryKit([dev, notes])
        do throws(RecoveryKit.SectionError) {
            _ = try kit.section(of: "photos")
            Issue.record("it must be refused")
        } catch {
            #expect(error == .missing("photos", there: ["dev", "notes"]))
            #expect(error.description == "the kit has no section of data set photos, only of dev, notes")
        }
    }

    @Test("Given a kit, when one section is replaced, then the others and their order stay")
    func replaced() throws {
        let kit = try RecoveryKit([dev, notes])
        var renewed = dev
        renewed.root = JournalKey.generate(.root)
        renewed.mirror = "s3://bucket/prefix"
        #expect(try kit.replacing(renewed).shown == [Shown(renewed), Shown(notes)])
        #expect(Shown(renewed) != Shown(dev))
    }

    @Test("Given a kit, when a section is to be replaced by one of another journal or data set, then that is refused")
    func replacedByAnother() throws {
        let kit = try RecoveryKit([dev])
        let other = TestKit.section("dev")
        #expect(
            refusal { () throws(RecoveryKit.SectionError) in try kit.replacing(other) }
                == .otherJournal("dev", dev.log, other.log))
        #expect(
            refusal { () throws(RecoveryKit.SectionError) in try kit.replacing(notes) }
                == .missing("notes", there: ["dev"]))
    }

    @Test("Given two kits, when they are joined, then every data set is in it once, and every identity")
    func joined() throws {
        var older = dev
        older.mirror = "file:///old"
        older.identities = [AgeIdentity.generate()]
        var unmirrored = notes
        unmirrored.mirror = "file:///notes"
        let joined = try RecoveryKit([dev, notes]).joined(
            with: RecoveryKit([older, unmirrored, TestKit.section("photos")]))
        #expect(joined.datasets == ["dev", "notes", "photos"])
        #expect(joined.sections[0].mirror == dev.mirror)
        #expect(
            joined.sections[0].identities.map(\.recipient)
                == [dev.identities[0].recipient, older.identities[0].recipient])
        #expect(joined.sections[1].mirror == "file:///notes")
        #expect(joined.sections[1].identities.count == 1)
    }

    @Test("Given two kits that disagree on a journal or a root, when they are joined, then that is refused")
    func joinedContradiction() throws {
        let kit = try RecoveryKit([notes, dev])
        let other = TestKit.section("dev")
        #expect(
            refusal { () throws(RecoveryKit.SectionError) in try kit.joined(with: RecoveryKit([other])) }
                == .otherJournal("dev", dev.log, other.log))
        var renewed = dev
        renewed.root = JournalKey.generate(.root)
        #expect(
            refusal { () throws(RecoveryKit.SectionError) in try kit.joined(with: RecoveryKit([renewed])) }
                == .otherRoot("dev", dev.root.id, renewed.root.id))
    }

    @Test("Two sections of one data set, or of one journal, do not make a kit")
    func twice() {
        #expect(
            refusal { () throws(RecoveryKit.SectionError) in try RecoveryKit([dev, notes, TestKit.section("dev")]) }
                == .twice("dev"))
        let same = KitSection(
            dataset: "copy", log: dev.log, root: dev.root, identities: dev.identities, mirror: dev.mirror)
        #expect(
            refusal { () throws(RecoveryKit.SectionError) in try RecoveryKit([dev, same]) }
                == .oneJournal("dev", "copy"))
    }

    @Test("What no line can hold, and what is more than a kit holds, is refused before it is written")
    func limits() {
        for mirror in ["", "-", "file:///a\nb", "file:///a\r", "\u{7f}"] {
            #expect(
                refusal { () throws(RecoveryKit.SectionError) in
                    try RecoveryKit([TestKit.section("dev", mirror: mirror)])
                }
                    == .badMirror("dev"))
        }
        let identities = TestKit.section("dev", identities: RecoveryKit.identityLimit + 1)
        #expect(refusal { () throws(RecoveryKit.SectionError) in try RecoveryKit([identities]) } == .tooMany)
        let sections = (0...RecoveryKit.sectionLimit).map { TestKit.section("d\($0)") }
        #expect(refusal { () throws(RecoveryKit.SectionError) in try RecoveryKit(sections) } == .tooMany)
        #expect(refusal { () throws(RecoveryKit.SectionError) in try RecoveryKit(Array(sections.dropLast())) } == nil)
    }
}
