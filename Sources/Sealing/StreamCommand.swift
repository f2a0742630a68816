/// What a command of a send stream is judged by, and where its data lie.
struct StreamCommand {
    struct Content {
        /// Bytes from the start of the command's attributes.
        let start: Int
        let length: Int
        /// Whether all of it is zeros; false where nobody looked.
        let isZero: Bool
    }

    let kind: UInt16
    /// The object that it is about; the empty path is the top of the snapshot.
    let path: [UInt8]
    /// Where an object is renamed to, what a hard link is made of, where a clone's content comes from, or what a symbolic
    /// link says.
    let otherPath: [UInt8]
    /// The snapshot that a clone's content comes from.
    let cloneUUID: SubvolumeUUID?
    let numbers: [(kind: UInt16, value: UInt64)]
    let content: Content?

    func number(_ kind: UInt16) -> UInt64? { numbers.first { $0.kind == kind }?.value }

    /// Whether its numbers are ones that `btrfs send` writes.
    ///
    /// It sends a hole as FALLOCATE with `FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE`, and never asks for room. An encoded
    /// write (btrfs-ioctl's `btrfs_ioctl_encoded_io_args`) is of one extent, whose parts lie within it.
    var isOfSend: Bool {
        switch kind {
        case SendCommand.allocate:
            return number(SendAttribute.allocationMode) == 3
        case SendCommand.encodedWrite:
            let whole = number(SendAttribute.unencodedLength) ?? 0
            let length = number(SendAttribute.unencodedFileLength) ?? 0
            let (end, isTooLarge) = (number(SendAttribute.unencodedOffset) ?? 0).addingReportingOverflow(length)
            return whole > 0 && whole <= SendStreamFormat.largestExtent && length > 0 && !isTooLarge && end <= whole
                && number(SendAttribute.compression) ?? 0 <= 7 && number(SendAttribute.encryption) ?? 0 == 0
        case SendCommand.updateExtent:
            // `btrfs send --no-data`: a snapshot without its contents.
            return false
        default:
            return true
        }
    }
}
