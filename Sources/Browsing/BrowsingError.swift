package import Backup
package import Machines
package import SystemPackage

/// Why something cannot be found in a month, or not be looked for.
package enum BrowsingError: OperationError {
    case notAPath(String)
    case notALabelAndPath(String)
    case notRegistered(Label)
    case noSuchPath([UInt8], in: Label)
    case notADirectory([UInt8], in: Label)
    case notAFile([UInt8], in: Label)
    /// What comes out of the artifacts is not what the signed listing says.
    case otherContent([UInt8], in: Label)
    /// Where a file of so many bytes waits until all of it was compared.
    case noRoom([UInt8], Int, in: FilePath)
    case artifactMissing(Label)
    case artifactDamaged(Label, String)
    /// In no month at all.
    case neverThere([UInt8])
    case nothingFound(String)
    case nothingFoundIn(String, Label)
    /// No catalogue was made of the artifact, or none with a listing.
    case noCatalogue(Label)
    case noListing(Label)
    case noMap(Label)
    /// Its artifact is one frame of any length.
    case notOfFrames(Label)
    /// This workstation did not make it.
    case notMadeHere(Label)
    case catalogueMissing(Label)
    /// It is not what was recorded.
    case catalogueDamaged(Label, String)
    /// Its artifact, or its catalogue.
    case notInMirror(Label, String)
    case withdrawn(Label)
    /// A workstation has no artifacts that it could open.
    case onServerAlone
    /// Nobody who is trusted here has said what its catalogue is.
    case catalogueUnsigned(Label)
    /// What the server sends is not what was asked for.
    case serverSentOther(Label, String)
    /// More roots than a request has room for.
    case tooManyPaths(Int)
    /// Its listing is not the one whose hash was signed.
    case otherListing(Label)
}

extension BrowsingError {
    package var description: String {
        switch self {
        case .notAPath(let text): "\(text) is not a path within a snapshot"
        case .notALabelAndPath(let text): "\(text) names no month and path"
        case .notRegistered(let label): "\(label) is not registered"
        case .noSuchPath(let path, let label): "\(label) has no \(Self.name(path))"
        case .notADirectory(let path, let label): "\(Self.name(path)) of \(label) is not a directory"
        case .notAFile(let path, let label): "\(Self.name(path)) of \(label) is not a regular file"
        case .otherContent(let path, let label):
            "\(Self.name(path)) of \(label) comes out with another content than was sealed: nothing of it is printed"
        case .noRoom(let path, let size, let directory):
            "\(Self.name(path)) has \(Plain.bytes(size)), more than are free in \(directory), where it waits until it was compared"
        case .artifactMissing(let label): "the artifact of \(label) is missing"
        case .artifactDamaged(let label, let why): "the artifact of \(label) cannot be used: \(why)"
        case .noMap(let label): "the catalogue of \(label) does not say where files lie in its stream"
        case .notOfFrames(let label): "the artifact of \(label) is one frame: no part of it can be read alone"
        case .notInMirror(let label, let what): "the mirror has no \(what) of \(label)"
        case .onServerAlone: "this workstation cannot open artifacts, and no server is set that it could ask"
        case .catalogueUnsigned(let label):
            "no workstation has signed the catalogue of \(label), so what the server sends cannot be checked"
        case .serverSentOther(let label, let why): "what the server sends of \(label) is not what was asked for: \(why)"
        case .tooManyPaths(let count): "\(count) paths are more than the server is asked for at once"
        case .withdrawn(let label): "\(label) was withdrawn"
        case .neverThere(let path): "no month has \(ShownPath.text(path))"
        case .nothingFound(let pattern): "no month has anything of the name \(pattern)"
        case .nothingFoundIn(let pattern, let label): "\(label) has nothing of the name \(pattern)"
        case .noCatalogue(let label): "\(label) was sealed without a catalogue"
        case .noListing(let label): "the catalogue of \(label) has no listing of its tree"
        case .notMadeHere(let label): "this workstation has no catalogue of \(label)"
        case .catalogueMissing(let label): "the catalogue of \(label) is missing"
        case .catalogueDamaged(let label, let why): "the catalogue of \(label) cannot be used: \(why)"
        case .otherListing(let label): "the catalogue of \(label) lists another tree than the one that was sealed"
        }
    }

    private static func name(_ path: [UInt8]) -> String { path.isEmpty ? "the top" : ShownPath.text(path) }

    package var hint: String? {
        switch self {
        case .notAPath: "name it from the snapshot's top on, such as src/main.swift"
        case .notALabelAndPath: "such as 2026-01:src/main.swift, or latest:README"
        case .notInMirror: "on LS: devjournal push stores it"
        case .onServerAlone: "set LS_HOST; or run it on LS, or here out of the mirror: --from-mirror --kit KIT"
        case .catalogueUnsigned: "--trust-server takes it on the server's word"
        case .serverSentOther: "on LS: devjournal scrub, and devjournal verify"
        case .tooManyPaths: "name the directory that they are in"
        case .withdrawn: "devjournal log tells why; its file is kept on LS below artifacts/withdrawn"
        case .notRegistered: "see: devjournal manifest"
        case .noSuchPath(let path, _), .neverThere(let path):
            "look for it: devjournal find '\(ShownPath.text(path.split(separator: UInt8(ascii: "/")).last ?? []))'"
        case .notADirectory: "devjournal cat prints a file"
        case .notAFile: "devjournal ls lists a directory, and shows where a link points"
        case .otherContent: "stream and snapshot differ, or the artifact is damaged: devjournal scrub tells which"
        case .notOfFrames: "restore the month: devjournal restore --receive-only"
        case .noRoom: "bring it out into a directory with more room: devjournal extract"
        case .artifactMissing: "devjournal fetch brings it from the mirror"
        case .artifactDamaged: "on LS: devjournal scrub --repair"
        case .nothingFound, .nothingFoundIn:
            "a pattern such as '*.swift' matches a name; one with a slash matches a path from the top on"
        case .noCatalogue(let label), .noListing(let label), .noMap(let label):
            "on LS: devjournal catalogue make \(label.monthText)"
        case .notMadeHere: "--from-server asks LS for it, which records that; on LS the same command finds all months"
        case .catalogueMissing(let label), .catalogueDamaged(let label, _):
            "on LS: devjournal scrub --repair \(label.monthText), or if no mirror has it: "
                + "devjournal catalogue make \(label.monthText)"
        case .otherListing: "restore the month to look into it: devjournal restore --receive-only"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .notAPath, .notALabelAndPath: .usage
        case .notAFile, .notOfFrames, .onServerAlone, .catalogueUnsigned, .tooManyPaths: .refused
        case .otherContent, .artifactDamaged: .damaged
        case .noRoom: .failed
        case .notInMirror, .withdrawn, .notRegistered, .noSuchPath, .notADirectory, .neverThere, .nothingFound,
            .nothingFoundIn, .noCatalogue, .noListing,
            .notMadeHere, .catalogueMissing, .noMap, .artifactMissing:
            .notFound
        case .catalogueDamaged, .otherListing, .serverSentOther: .damaged
        }
    }
}
