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
    private var catalogues: [Label: (text: SpooledText, signed: SignedCatalogue)] = [:]
    private let frames: SpooledText
    /// Of each artifact, by where a frame begins in its age plaintext: where it stands among the frames here.
    private var places: [Label: [Int: Range<Int>]] = [:]

    init(in directory: FilePath) throws(FileFailure) {
        self.directory = directory
        frames = try SpooledText(in: directory)
    }

    /// - Parameter signed: what somebody who is trusted has said of it.
    func add(_ catalogue: SpooledText, of label: Label, _ signed: SignedCatalogue) {
        catalogues[label] = (catalogue, signed)
    }

    /// Nil where no catalogue of the label was sent.
    func signed(of label: Label) -> SignedCatalogue? { catalogues[label]?.signed }

    /// With what its text has to be.
    func catalogue(of label: Label) -> (CatalogueFile, plainSHA256: String)? {
        guard let (text, signed) = catalogues[label] else { return nil }
        return (CatalogueFile(spooled: text, plainBytes: signed.text.plainBytes), signed.text.plainSHA256)
    }

    /// Takes the frames of an artifact whose numbers these are, and no byte more; one that is damaged at the server is not
    /// among them.
    ///
    /// - Returns: false where they end before the last one does.
    /// - Throws: `BrowsingError.serverSentOther` for a frame without its mark.
    func takeFrames(
        _ numbers: [Int], _ table: FrameTable, of label: Label, from answer: borrowing OpenFile, _ patience: Patience,
        progress: (_ bytes: Int) -> Void
    ) throws -> Bool {
        let starts = try ArtifactFrames.starts(table, within: .max)
        for number in numbers {
            guard let line = try answer.readLine(limit: ReadAnswer.FrameMark.longestLine, patience) else {
                return false
            }
            guard let mark = ReadAnswer.FrameMark(rawValue: String(decoding: line, as: UTF8.self)) else {
                throw BrowsingError.serverSentOther(label, "a part of its artifact has no beginning")
            }
            guard mark == .follows else { continue }
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
            throw BrowsingError.artifactDamaged(label, "the server has this part of it no longer as it was sealed")
        }
        return try frames.read(place)
    }
}
