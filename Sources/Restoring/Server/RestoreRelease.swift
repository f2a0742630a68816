package import Backup
import BackupJournal
import Catalogue
import DurableFiles
import Glibc
package import JournalFormat
import JournalStore
package import Machines
import Sealing
import SystemPackage

/// Gives a label's streams out to a workstation. The journal says so, durably, before the first byte leaves.
package struct RestoreRelease {
    /// How long a person's word counts.
    private static let hours = 24

    private let machine: Machine
    private let ifNotTaken: @Sendable (RestoreError) -> Void

    /// - Parameter ifNotTaken: called where nobody reads what is sent: anybody who writes to him waits for ever, so it
    ///   ends the process.
    package init(_ machine: Machine, ifNotTaken: @escaping @Sendable (RestoreError) -> Void) {
        self.machine = machine
        self.ifNotTaken = ifNotTaken
    }

    package func send(_ label: Label, after: Label?, to workstation: Keyring.Entry, _ state: BackupState) async throws {
        let word = try confirmation(label, workstation)
        try await send(
            label, after: after, to: Self.destination(workstation), state, word, withFrames: true)
    }

    /// The send streams of the label's chain after `after`, one after the other, to standard output.
    ///
    /// - Parameter withFrames: whether the hashes of its frames stand before each stream, as `StreamRelay` wants them.
    package func send(
        _ label: Label, after: Label?, to destination: String, _ state: BackupState, _ word: String? = nil,
        withFrames: Bool
    ) async throws {
        let steps = try RestorePlan(label, state).steps(after: after)
        let opener = ArtifactOpener(try AgeKeyFiles(machine.server).read())
        for step in steps where !pathExists(path(of: step)) {
            throw ReceivingError.artifactMissing(path(of: step), step.artifact.label)
        }
        try record(.recordRelease(label, after: after, to: destination, confirmed: word))
        let watch = Task.detached { [ifNotTaken] in await Self.endWithoutReader(ifNotTaken) }
        defer { watch.cancel() }
        for step in steps {
            if withFrames {
                let frames = try await opener.frames(path(of: step), step, machine.server)
                try write(Array(FrameHashes.header(frames.digests.count).utf8) + frames.text)
            }
            _ = try await opener.open(path(of: step), step, into: .descriptor(.standardOutput))
        }
    }

    private func write(_ bytes: [UInt8]) throws(FileFailure) {
        try attempt("write", "standard output") { _ = try FileDescriptor.standardOutput.writeAll(bytes) }
    }

    /// A workstation compares whole trees before it reads on; one that has not read for so long is not coming back.
    private static let patience = 12 * 3_600

    private static func endWithoutReader(_ ifNotTaken: @Sendable (RestoreError) -> Void) async {
        var watch = ReaderWatch(silence: Double(patience))
        while (try? await Task.sleep(for: .seconds(60))) != nil {
            guard watch.isOver(STDOUT_FILENO) else { continue }
            return ifNotTaken(.notTaken(hours: patience / 3_600))
        }
    }

    private func path(of step: BackupState.Entry) -> FilePath { machine.server.root.appending(step.localPath) }

    /// Says, durably, that files of a label leave, or the names of months of its chain.
    ///
    /// - Parameters:
    ///   - paths: nil for names alone.
    ///   - word: what `confirmation` has returned.
    package func recordReading(
        _ label: Label, paths: [String]?, catalogues: [Label], to workstation: Keyring.Entry, confirmed word: String?
    ) throws {
        try record(
            .recordRelease(
                label, after: nil, to: Self.destination(workstation), confirmed: word, paths: paths,
                names: paths == nil ? catalogues : nil))
    }

    private static func destination(_ workstation: Keyring.Entry) -> String { "\(workstation.name) \(workstation.id)" }

    private func record(_ release: Command) throws {
        var journal = try machine.openJournal(.resuming(.anything))
        _ = try machine.record(release, in: &journal)
    }

    // MARK: A person's word

    /// Lets the workstation of that name restore a label, as a person writes it, for a day.
    package func allow(_ text: String, to name: String) throws -> Label {
        let replay = try machine.replay()
        let label = try machine.label(text, in: try replay.readableState())
        let keys = replay.verifier.keyring.inOrder
        guard let workstation = keys.last(where: { $0.role == .author && $0.retiredAt == nil && $0.name == name })
        else { throw RestoreError.notEnrolled(name) }
        try allow(label, for: workstation)
        return label
    }

    private func allow(_ label: Label, for workstation: Keyring.Entry) throws {
        _ = try RestorePlan(label, try machine.state())
        try makeDirectories(machine.server.releases, permissions: 0o700)
        let login = Account.login ?? "somebody"
        try writeFileAtomically(note(label, workstation), Array("\(machine.now()) \(login)\n".utf8))
    }

    /// Somebody's word on the server that the workstation may have the label; nil where none is asked for. Ask before
    /// anything is said of what is in the label.
    ///
    /// - Throws: `RestoreError.waitsForRelease`.
    package func confirmation(_ label: Label, _ workstation: Keyring.Entry) throws -> String? {
        guard machine.confirmsReleases else { return nil }
        let note = note(label, workstation)
        if pathExists(note) {
            let text = String(decoding: try readFile(note, limit: 256), as: UTF8.self)
            let words = text.split(whereSeparator: \.isWhitespace)
            if let time = words.first.flatMap({ Timestamp(String($0)) }),
                time.milliseconds + Self.hours * 3_600_000 > machine.now().milliseconds
            {
                return words.joined(separator: " ")
            }
        }
        throw RestoreError.waitsForRelease(label, workstation: workstation.name)
    }

    private func note(_ label: Label, _ workstation: Keyring.Entry) -> FilePath {
        machine.server.releases.appending("\(workstation.id).\(label)")
    }
}
