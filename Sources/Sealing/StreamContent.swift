package import DurableFiles
package import SystemPackage

/// What a caller knows beforehand about the snapshot in a stream; what is nil may be anything.
package struct StreamExpectation: Sendable, Equatable {
    package enum Parent: Sendable, Equatable {
        case any
        /// A full stream.
        case none
        case uuid(SubvolumeUUID)
    }

    package var name: String?
    package var uuid: SubvolumeUUID?
    package var parent: Parent
    /// Where the parent's snapshot stands, read-only: then what an increment does to the parent's objects is judged, too.
    package var parentTree: FilePath?

    package init(
        name: String? = nil, uuid: SubvolumeUUID? = nil, parent: Parent = .any, parentTree: FilePath? = nil
    ) {
        self.name = name
        self.uuid = uuid
        self.parent = parent
        self.parentTree = parentTree
    }

    /// What looks at such a stream.
    package func inspector() throws(FileFailure) -> SendStreamInspector { try inspector(isRecording: false) }

    func inspector(isRecording: Bool) throws(FileFailure) -> SendStreamInspector {
        guard let parentTree else { return SendStreamInspector(parent: nil, isRecording: isRecording) }
        return SendStreamInspector(parent: try ParentTree(parentTree), isRecording: isRecording)
    }

    func check(_ subvolume: SendStreamSubvolume) throws(StreamMismatchError) {
        if let name, name != subvolume.name {
            throw StreamMismatchError(what: "name", expected: name, found: subvolume.name)
        }
        if let uuid, uuid != subvolume.uuid {
            throw StreamMismatchError(what: "uuid", expected: uuid.description, found: subvolume.uuid.description)
        }
        let expectedParent: SubvolumeUUID?
        switch parent {
        case .any: return
        case .none: expectedParent = nil
        case .uuid(let uuid): expectedParent = uuid
        }
        if expectedParent != subvolume.parentUUID {
            throw StreamMismatchError(
                what: "parent uuid", expected: expectedParent?.description ?? "none",
                found: subvolume.parentUUID?.description ?? "none")
        }
    }
}

/// A sound stream of another snapshot than the one that was asked for.
package struct StreamMismatchError: Error, Equatable, CustomStringConvertible {
    package let what: String
    package let expected: String
    package let found: String

    package var description: String {
        "the stream is another snapshot's: its \(what) is \(found) instead of \(expected)"
    }
}

/// What flows through a pipeline.
package enum StreamContent: Sendable, Equatable {
    /// A Btrfs send stream, whose framing is checked.
    case sendStream(StreamExpectation)
    /// Anything: nothing is looked at.
    case anyContent
}

/// Takes the text of a stream's map (`Catalogue.StreamMap`), piece by piece, while the stream flows by.
package typealias StreamMapSink = @Sendable (Span<UInt8>) throws -> Void

/// The inspector with what is expected of it; passes everything where the content does not matter.
struct StreamCheck: ~Copyable {
    private let expectation: StreamExpectation
    private var inspector: SendStreamInspector?
    private var isIdentified = false
    private let map: StreamMapSink?

    init(_ content: StreamContent, map: StreamMapSink? = nil) throws(FileFailure) {
        self.map = map
        switch content {
        case .sendStream(let expectation):
            self.inspector = try expectation.inspector(isRecording: map != nil)
            self.expectation = expectation
        case .anyContent:
            self.expectation = StreamExpectation()
            self.inspector = nil
        }
    }

    /// Throws `SendStreamError`, or `StreamMismatchError` as soon as the first command shows it, or what the map's sink throws.
    mutating func update(_ block: Span<UInt8>) throws {
        try inspector?.update(block)
        if !isIdentified, let subvolume = inspector?.subvolume {
            try expectation.check(subvolume)
            isIdentified = true
        }
        if let map { try inspector?.takeMap(map) }
    }

    consuming func finish() throws(SendStreamError) -> SendStreamSummary? {
        if let inspector { return try inspector.finish() }
        return nil
    }
}
