package import Catalogue
package import Digest
internal import DurableFiles
package import SystemPackage

/// A sealed file, complete and on the disk, but still under its temporary name, and locked.
///
/// The caller records it durably, then calls `finish()`. A crash in between is taken up by
/// `Sealer.finishLeftover`; where nothing was recorded, the next `seal` or `Sealer.removeLeftover` clears it away.
package struct SealedFile: ~Copyable {
    private let file: TemporaryFile
    /// Length of the stored file.
    package let bytes: UInt64
    /// Of the stored file, as `sha256sum` prints it.
    package let sha256: SHA256Digest
    /// Length of the stream before compression.
    package let streamBytes: UInt64
    /// What the stream's framing says; nil where the content was not looked at.
    package let stream: SendStreamSummary?
    /// How the producer ended; nil where the stream came from a descriptor.
    package let producer: ChildStatus?
    /// What each frame of it is.
    package let frames: FrameTable

    package var temporaryPath: FilePath { file.path }
    package var finalPath: FilePath { file.finalPath }

    init(_ file: consuming TemporaryFile, _ outcome: SealPipeline.Outcome, producer: ChildStatus?) {
        self.file = file
        self.bytes = outcome.bytes
        self.sha256 = outcome.sha256
        self.streamBytes = outcome.streamBytes
        self.stream = outcome.stream
        self.producer = producer
        self.frames = outcome.frames
    }

    /// Gives the file its final name, durably. Fails where the name was taken meanwhile; the file stays.
    package consuming func finish() throws(SealError) {
        try Self.publish(file)
    }

    /// Removes the file.
    package consuming func discard() {
        file.remove()
    }

    static func publish(_ file: borrowing TemporaryFile) throws(SealError) {
        do {
            try file.publish(replacing: false)
        } catch {
            throw error.errno == .fileExists ? .alreadyThere(file.finalPath) : .file(error)
        }
    }
}
