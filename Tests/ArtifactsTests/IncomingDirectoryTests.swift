import Artifacts
import Backup
import DurableFiles
import Foundation
import Machines
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

@Suite("What has arrived and waits")
struct IncomingDirectoryTests {
    private let server: TestMachine
    private let january = TestMachine.name("2026-01")
    private let february = TestMachine.name("2026-02", over: "2026-01")

    init() throws {
        server = try TestMachine.server()
        try makeDirectories(server.server.incoming)
    }

    private func arrive(_ name: String, daysOld days: Int = 0) throws {
        let file = server.server.incoming.appending(name)
        try plant(file, Array("str".utf8))
        let time = Double(server.clock.now().milliseconds / 1000 - days * 86_400)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: time)], ofItemAtPath: file.string)
    }

    private func cleared(keeping name: ArtifactName) throws -> [String] {
        try IncomingDirectory(server.server).clear(try server.state(), keeping: name)
        return tree(server.server.incoming)
    }

    @Test(
        "given a part of what is announced, it waits for two weeks and no longer", arguments: [(13, true), (15, false)])
    func patience(days: Int, isKept: Bool) throws {
        try server.seal(january, "stream")
        try arrive(january.description, daysOld: days)
        #expect(try cleared(keeping: february).isEmpty != isKept)
    }

    @Test("what nobody has announced is removed and named")
    func notAnnounced() throws {
        try arrive(january.description)
        #expect(try cleared(keeping: february).isEmpty)
        #expect(server.reporter.said.count == 1)
    }

    @Test("what is registered and sound is needed no more; what is damaged here is")
    func registered() throws {
        let file = try server.seal(january, "stream")
        _ = try ArtifactRegistration(server.machine).run(january, from: file)
        try arrive(january.description)
        #expect(try cleared(keeping: february).isEmpty)
        try arrive(january.description)
        try removeFile(server.server.root.appending(january.localPath))
        #expect(try cleared(keeping: february) == [january.description])
    }

    @Test("a catalogue that goes with an artifact has its time; the file at hand stays in any case")
    func others() throws {
        try arrive("2026-01.catalogue.zst.age")
        try arrive(january.description, daysOld: 100)
        #expect(try cleared(keeping: january).count == 2)
    }

    @Test("two transfers at once are refused")
    func locked() throws {
        let incoming = IncomingDirectory(server.server)
        let lock = try incoming.lock(isPatient: false)
        #expect(throws: RegistrationError.transferRunning) { _ = try incoming.lock(isPatient: false) }
        lock.unlock()
    }
}
