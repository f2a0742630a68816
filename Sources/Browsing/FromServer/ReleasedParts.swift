package import Backup
import Catalogue
import DurableFiles
import Sealing

/// What leaves the server for a workstation that reads files of a label: catalogues of the label's chain, opened, and the
/// frames that the files lie in. Made before the journal says that it leaves; given out after that.
package struct ReleasedParts {
    /// What the journal says of it: paths as a listing has them; nil where names alone leave.
    package let paths: [String]?
    package let answer: ReadAnswer
    private let catalogues: [SpooledText]
    private let files: FilesInFrames?

    /// - Throws: `BrowsingError`, also for a path that cannot be one; `RestorePlanError.notInChain` for a catalogue of a label
    ///   that this one does not need.
    package init(_ request: ReadRequest, of label: Label, on shelf: CatalogueShelf) throws {
        let chain = try RestorePlan(label, shelf.state).steps.map(\.artifact.label)
        for wanted in request.catalogues where !chain.contains(wanted) {
            throw RestorePlanError.notInChain(wanted, of: label)
        }
        if let texts = request.paths {
            let files = try FilesInFrames(texts.map(Self.path), of: label, on: shelf)
            self.files = files
            paths = ReadingRelease.texts(files.selection.roots)
        } else {
            (files, paths) = (nil, nil)
        }
        catalogues = try request.catalogues.map { label in
            let text = try SpooledText(in: shelf.scratch)
            try shelf.copyOpened(label, to: text)
            return text
        }
        answer = ReadAnswer(
            catalogues: catalogues.map(\.count), frames: files?.count ?? 0, bytes: try files?.bytes() ?? 0)
    }

    /// As a workstation writes it.
    private static func path(_ text: String) throws(BrowsingError) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard let path = EscapedText.bytes(bytes.span, 0..<bytes.count), SnapshotPath.isSound(path) else {
            throw BrowsingError.notAPath(text)
        }
        return path
    }

    /// Gives out all that comes after the answer's first line, in pieces. Each frame was compared with the signed table; of
    /// one that is damaged a mark alone is given.
    ///
    /// - Parameter tell: gets of each damaged artifact what is wrong with it, once.
    package func forEachPiece(_ give: ([UInt8]) throws -> Void, tell: (BrowsingError) -> Void) throws {
        for text in catalogues {
            try text.read { piece in try give(unsafe piece.withUnsafeBufferPointer { unsafe Array($0) }) }
        }
        guard let files else { return }
        for (artifact, numbers) in zip(files.chain.artifacts, files.numbers) where !numbers.isEmpty {
            try Self.forEachPiece(of: artifact, numbers, give, tell)
        }
    }

    private static func forEachPiece(
        of artifact: StoredArtifact, _ numbers: [Int], _ give: ([UInt8]) throws -> Void, _ tell: (BrowsingError) -> Void
    ) throws {
        var isSound = true
        for number in numbers {
            var frame: [UInt8]?
            do { frame = try artifact.compressed(number) } catch let error as BrowsingError {
                if isSound { tell(error) }
                isSound = false
            }
            let mark = frame == nil ? ReadAnswer.FrameMark.damaged : .follows
            try give(Array(mark.line.utf8))
            if let frame { try give(frame) }
        }
    }
}
