package import JournalFormat

/// An artifact as events name it: its file's name, size and hash.
package struct Artifact: Sendable, Equatable {
    package let name: ArtifactName
    package let bytes: Int
    package let sha256: String
    /// Why it is an anchor or an increment; nil where nobody has said so.
    package let reason: JSONObject?

    package init(name: ArtifactName, bytes: Int, sha256: String, reason: JSONObject?) {
        self.name = name
        self.bytes = bytes
        self.sha256 = sha256
        self.reason = reason
    }

    package var label: Label { name.label }

    /// The members that name it, as `artifact.sealed` and `artifact.registered` have them.
    var json: JSONObject {
        [
            "label": .string(label.description), "type": .string(name.kind.type),
            "parent": name.kind.parent.map { .string($0.description) } ?? .null,
            "name": .string(name.description), "bytes": .integer(bytes), "sha256": .string(sha256),
        ]
    }
}

/// The send stream that was sealed as an artifact.
package struct ArtifactStream: Sendable, Equatable {
    /// Of the snapshot that it holds.
    package let uuid: String
    /// Of the snapshot that it starts from; nil for one that stands alone.
    package let parentUUID: String?
    package let bytes: Int
    /// The hash of the snapshot's tree, where it was computed.
    package let tree: String?
    /// What its frames are; nil for an artifact that none were recorded of.
    package let frames: Frames?
    package let catalogue: ArtifactCatalogue?
    /// How its tree was listed; nil where nobody has said so.
    package let listing: ListingOrigin?

    package init(
        uuid: String, parentUUID: String?, bytes: Int, tree: String? = nil, frames: Frames? = nil,
        catalogue: ArtifactCatalogue? = nil, listing: ListingOrigin? = nil
    ) {
        self.uuid = uuid
        self.parentUUID = parentUUID
        self.bytes = bytes
        self.tree = tree
        self.frames = frames
        self.catalogue = catalogue
        self.listing = listing
    }

    /// The frames that a stream was cut into.
    package struct Frames: Sendable, Equatable {
        /// Bytes of the stream in each but the last.
        package let size: Int
        package let count: Int
        /// Of the list of their hashes, a line each.
        package let sha256: String

        package init(size: Int, count: Int, sha256: String) {
            self.size = size
            self.count = count
            self.sha256 = sha256
        }

        var json: JSONObject {
            ["size": .integer(size), "count": .integer(count), "sha256": .string(sha256)]
        }
    }
}

/// The catalogue that was sealed with an artifact: as it is stored, and its plain text.
package struct ArtifactCatalogue: Sendable, Equatable {
    package let bytes: Int
    package let sha256: String
    package let plainBytes: Int
    package let plainSHA256: String
    /// What each frame of it is; nil where nobody has said so.
    package let index: Index?

    package init(bytes: Int, sha256: String, plainBytes: Int, plainSHA256: String, index: Index? = nil) {
        self.bytes = bytes
        self.sha256 = sha256
        self.plainBytes = plainBytes
        self.plainSHA256 = plainSHA256
        self.index = index
    }

    /// The index of its text, which is its last frame.
    package struct Index: Sendable, Equatable {
        /// Of the frame, in the age plaintext.
        package let bytes: Int
        /// Of what it says, a line a frame.
        package let sha256: String

        package init(bytes: Int, sha256: String) {
            self.bytes = bytes
            self.sha256 = sha256
        }

        var json: JSONObject { ["bytes": .integer(bytes), "sha256": .string(sha256)] }
    }

    var json: JSONObject {
        var json: JSONObject = [
            "bytes": .integer(bytes), "sha256": .string(sha256), "plain_bytes": .integer(plainBytes),
            "plain_sha256": .string(plainSHA256),
        ]
        json["index"] = (index?.json).map { .object($0) }
        return json
    }
}

/// What a catalogue of an artifact has to be, as somebody has signed it: the workstation that sealed the artifact, or for
/// one that was made later the server.
package struct SignedCatalogue: Sendable, Equatable {
    package let text: ArtifactCatalogue
    /// The hash of its listing.
    package let tree: String
    /// Of its frame table; nil for an artifact that is not made of frames.
    package let frames: ArtifactStream.Frames?

    package init(text: ArtifactCatalogue, tree: String, frames: ArtifactStream.Frames?) {
        self.text = text
        self.tree = tree
        self.frames = frames
    }
}

/// The catalogue as the server has it.
package struct StoredCatalogue: Sendable, Equatable {
    package let bytes: Int
    package let sha256: String
    package let localPath: String

    var json: JSONObject {
        ["bytes": .integer(bytes), "sha256": .string(sha256), "local_path": .string(localPath)]
    }
}
