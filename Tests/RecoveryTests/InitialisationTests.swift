import JournalFormat
import JournalStore
import Machines
import Recovery
import RecoveryKit
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("A new server")
struct InitialisationTests {
    private func initialisation(
        _ empty: EmptyServer, addingTo old: KitFile? = nil, succeeding: Initialisation.Succeeded? = nil
    ) -> Initialisation {
        Initialisation(
            empty.machine, kit: kit(empty), addingTo: old, succeeding: succeeding,
            .init(existing: { _ in try typing()() }, new: NewPassphrase(make: typing())))
    }

    private func kit(_ empty: EmptyServer) -> KitFile { cheapKit(empty.scratch.path.appending("kit.age")) }

    @Test("has a journal of three records, and a kit that opens")
    func made() throws {
        let empty = try EmptyServer()
        let root = try initialisation(empty).run {}
        #expect(try types(empty) == ["journal.opened", "recipient.set", "kit.made"])
        let section = try kit(empty).open(typing()()).section(of: "dev")
        #expect(section.root.id == root)
        #expect(try empty.machine.server.pinnedRoot() == root)
        #expect(throws: JournalError.self) { _ = try initialisation(empty).run {} }
    }

    @Test("what does not fit on the machine is found before anything is made")
    func unfit() throws {
        struct Unfit: Error {}
        let empty = try EmptyServer()
        #expect(throws: Unfit.self) { _ = try initialisation(empty).run { throw Unfit() } }
        #expect(empty.left.isEmpty && !kit(empty).isThere)
    }

    @Test("interrupted once the journal was there, the same command finishes it with the kit that it wrote")
    func interrupted() throws {
        let empty = try EmptyServer()
        let (root, sequencer) = (JournalKey.generate(.root), JournalKey.generate(.sequencer))
        try empty.machine.server.makeDirectories()
        let identities = try AgeKeyFiles(empty.machine.server).adoptOrMake(at: empty.machine.now())
        try KeyFile.write(sequencer, to: empty.machine.server.sequencerKey)
        let genesis = Genesis(dataset: "dev", root: root, sequencer: sequencer, now: empty.machine.now())
        try genesis.write(to: empty.machine.server.journal)
        #expect(throws: InitError.kitMissing(kit(empty).path, journal: empty.machine.server.journal.path)) {
            _ = try initialisation(empty).run {}
        }
        let section = KitSection(
            dataset: "dev", log: genesis.log, root: root, identities: identities, mirror: nil)
        try plant(
            kit(empty).path,
            try RecoveryKit([section]).encrypted(with: typing()(), made: empty.machine.now(), workFactor: 2))
        #expect(try initialisation(empty).run {} == root.id)
        #expect(try types(empty) == ["journal.opened", "recipient.set", "kit.made"])
    }

    @Test("a kit that is there is never written over")
    func kitThere() throws {
        let empty = try EmptyServer()
        try plant(kit(empty).path, [1])
        #expect(throws: InitError.kitThere(kit(empty).path)) { _ = try initialisation(empty).run {} }
        #expect(empty.left.isEmpty)
    }

    @Test("one kit holds several data sets, but each of them once")
    func addedTo() throws {
        let rescued = try RescuedServer()
        let empty = try EmptyServer()
        #expect(throws: RecoveryKit.SectionError.self) { _ = try initialisation(empty, addingTo: rescued.kit).run {} }
        #expect(empty.left.isEmpty)
        let photos = try EmptyServer(["DATASET=photos"])
        _ = try initialisation(photos, addingTo: rescued.kit).run {}
        #expect(try kit(photos).open(typing()()).datasets == ["dev", "photos"])
    }

    @Test("a mirror that holds a journal is not a place for another")
    func occupied() throws {
        let rescued = try RescuedServer(isMirrored: true)
        try rescued.push()
        let empty = try EmptyServer(["MIRROR=\(rescued.url)"])
        let error = #expect(throws: InitError.self) { _ = try initialisation(empty).run {} }
        if case .mirrorOccupied = error {} else { Issue.record("\(String(describing: error))") }
        #expect(!empty.left.contains { $0.hasPrefix("journal/") } && !kit(empty).isThere)
    }

    private func types(_ empty: EmptyServer) throws -> [String] {
        var types: [String] = []
        _ = try empty.machine.replay { record, _ in types.append(record.event.type) }
        return types
    }

    // MARK: Succeeding another

    private func succeeded(_ rescued: RescuedServer, root: KeyID? = nil, lines: [UInt8]? = nil) throws
        -> Initialisation.Succeeded
    {
        let file = rescued.server.folder.appending("lines")
        try plant(file, try lines ?? rescued.lines)
        let root = root ?? rescued.server.root.id
        return Initialisation.Succeeded(lines: file, root: root.description, heads: nil, reason: nil)
    }

    @Test("the journal of a lost server is named, with its lines kept")
    func succeeds() throws {
        let rescued = try RescuedServer()
        let empty = try EmptyServer()
        _ = try initialisation(empty, succeeding: try succeeded(rescued)).run {}
        #expect(try types(empty) == ["journal.opened", "journal.succeeds", "recipient.set", "kit.made"])
        let kept = empty.machine.server.journal.predecessor(rescued.server.log)
        #expect(try kept.replay().verifier.size == 3)
        #expect(tree(empty.machine.server.temporary) == [])
    }

    @Test("lines that no such root vouches for, or that are cut or changed, begin nothing")
    func forged() throws {
        let rescued = try RescuedServer()
        let lines = try rescued.lines
        var changed = lines
        changed[changed.count / 2] ^= 1
        let stranger = JournalKey.generate(.root).id
        let cases = [
            (try succeeded(rescued, root: stranger), "no root with the fingerprint"),
            (try succeeded(rescued, lines: Array(lines.dropLast())), "in the middle of a line"),
            (try succeeded(rescued, lines: changed), "damaged or forged"),
            (try succeeded(rescued, lines: []), "holds no record"),
        ]
        for (index, one) in cases.enumerated() {
            // Each has written the same file.
            let given = [lines, Array(lines.dropLast()), changed, []][index]
            try plant(one.0.lines, given)
            let empty = try EmptyServer()
            let error = #expect(throws: InitError.self) { _ = try initialisation(empty, succeeding: one.0).run {} }
            #expect(error?.description.contains(one.1) == true, "\(String(describing: error))")
            #expect(empty.isEmpty && !kit(empty).isThere)
        }
    }

    @Test("where the old age key is here, the old journal is not lost")
    func oldAgeKey() throws {
        let rescued = try RescuedServer()
        let empty = try EmptyServer()
        try empty.machine.server.makeDirectories()
        try AgeKeyFiles(empty.machine.server).write([rescued.server.identity], at: empty.machine.now())
        #expect(throws: InitError.oldAgeKey(empty.machine.server.ageIdentity)) {
            _ = try initialisation(empty, succeeding: try succeeded(rescued)).run {}
        }
        #expect(tree(empty.machine.server.temporary) == [])
    }
}
