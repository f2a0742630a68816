import Backup
import Catalogue
import DurableFiles
import Sealing
import SystemPackage

/// What a server has sent of months: catalogues, and frames of artifacts. All of it is in files without a name, for their
/// owner alone, and gone with this process however it ends: a workstation keeps no names of months that it has not made.
final class ReceivedParts {
    /// Where these files are.
    let directory: FilePath
    private var catalogues: [Label: (text: SpooledText, stream: ArtifactStream)] = [:]
    private let frames: SpooledText
    /// Of each artifact, by where a frame begins in its age plaintext: where it stands among the frames here.
    private var places: [Label: [Int: Range<Int>]] = [:]

    init(in directory: FilePath) throws(FileFailure) {
        self.directory = directory
        frames = try SpooledText(in: directory)
    }

    /// - Parameter stream: what somebody who is trusted has said of the artifact, and of the catalogue.
    func add(_ catalogue: SpooledText, of label: Label, _ stream: ArtifactStream) {
        catalogues[label] = (catalogue, stream)
    }

    /// Nil where no catalogue of the label was sent.
    func stream(of label: Label) -> ArtifactStream? { catalogues[label]?.stream }

    /// With what its text has to be.
    func catalogue(of label: Label) -> (CatalogueFile, plainSHA256: String)? {
        guard let (text, stream) = catalogues[label], let sealed = stream.catalogue else { return nil }
        return (CatalogueFile(spooled: text, plainBytes: sealed.plainBytes), sealed.plainSHA256)
    }

    /// Takes the frames of an artifact whose numbers these are, and no byte more.
    ///
    /// - Returns: false where they end before the last one does.
    func takeFrames(
        _ numbers: [Int], _ table: FrameTable, of label: Label, from answer: borrowing OpenFile, _ patience: Patience,
        progress: (_ bytes: Int) -> Void
    ) throws -> Bool {
        let starts = try ArtifactFrames.starts(table, within: .max)
        for number in numbers {
            let length = table.frames[number].length
            let start = frames.count
            guard try frames.append(from: answer, limit: length, patience) == length else { return false }
            places[label, default: [:]][starts[number]] = start..<start + length
            progress(frames.count)
        }
        return true
    }

    /// A frame as it was sent; whether it is the one that was sealed is for who opens it.
    ///
    /// - Parameter range: of the artifact's age plaintext.
    func frame(_ range: Range<Int>, of label: Label) throws -> [UInt8] {
        guard let place = places[label]?[range.lowerBound], place.count == range.count else {
            throw BrowsingError.serverSentOther(label, "a part of its artifact is missing")
        }
        return try frames.read(place)
    }
}
