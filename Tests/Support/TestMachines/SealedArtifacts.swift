import Backup
import Digest
import DurableFiles
import Machines
import ScratchSpace
import SystemPackage

/// Artifacts for tests: files of any bytes, announced in the journal as if a workstation had sealed them.
extension TestMachine {
    /// Where the workstation's artifacts wait.
    package var spool: FilePath { machine.workstationState.appending("spool") }

    /// - Parameter month: such as `2026-01`.
    package static func label(_ month: String) -> Label {
        guard let label = Label(dataset: "dev", month: month) else { preconditionFailure("\(month) is not a month") }
        return label
    }

    /// A full artifact, or an incremental over a parent.
    package static func name(_ month: String, over parent: String? = nil) -> ArtifactName {
        ArtifactName(label(month), parent.map { .incremental(parent: label($0)) } ?? .full)
    }

    /// A snapshot's UUID, made of its month.
    package static func uuid(_ month: String) -> String {
        let digits = month.filter { $0 != "-" }
        return "00000000-0000-0000-0000-000000\(digits)"
    }

    /// Says that a snapshot was taken.
    package func takeSnapshot(_ label: Label) throws {
        let snapshot = Snapshot(
            label: label, uuid: Self.uuid(label.monthText), path: "/snapshots/\(label)")
        try record(
            .recordSnapshot(
                snapshot,
                details: [
                    "label": .string(label.description), "uuid": .string(snapshot.uuid),
                    "path": .string(snapshot.path),
                ]))
    }

    /// Says that the snapshot was taken and sealed, and puts the file there.
    ///
    /// - Parameters:
    ///   - content: what the artifact holds; nobody opens it.
    ///   - catalogue: the same of its catalogue, which is put next to it; nil for none.
    ///   - place: the directory for them; nil for the spool.
    /// - Returns: the artifact's file.
    @discardableResult
    package func seal(
        _ name: ArtifactName, _ content: String, catalogue: String? = nil, in place: FilePath? = nil
    ) throws -> FilePath {
        let directory = place ?? spool
        let file = directory.appending(name.description)
        try plant(file, Array(content.utf8))
        if let catalogue { try plant(directory.appending(name.label.catalogueName), Array(catalogue.utf8)) }
        if try state().snapshots[name.label] == nil { try takeSnapshot(name.label) }
        try record(.recordSealing(sealing(of: name, content, catalogue: catalogue)))
        return file
    }

    /// What the workstation says of such an artifact.
    package func sealing(
        of name: ArtifactName, _ content: String, catalogue: String? = nil
    ) -> NewSealing {
        NewSealing(
            artifact: .init(name: name, bytes: content.utf8.count, sha256: Self.sha256(content), reason: nil),
            stream: .init(
                uuid: Self.uuid(name.label.monthText), parentUUID: name.kind.parent.map { Self.uuid($0.monthText) },
                bytes: 10 * content.utf8.count,
                frames: .init(size: 1 << 22, count: 1, sha256: Self.sha256("frames")),
                catalogue: catalogue.map {
                    .init(
                        bytes: $0.utf8.count, sha256: Self.sha256($0), plainBytes: 2 * $0.utf8.count,
                        plainSHA256: Self.sha256("plain \($0)"))
                }), streamVersion: 1, recipients: [identity.recipient.description], tools: [:])
    }

    package static func sha256(_ text: String) -> String { SHA256.hash(Array(text.utf8).span).hex }
}
