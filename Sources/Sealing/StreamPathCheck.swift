/// Looks at a path of a send stream, byte by byte, and keeps none of it.
///
/// `btrfs send` writes paths below the top of the snapshot, without `.` and `..`; the top itself is the empty path.
/// `btrfs receive` takes any other one too, and with it leaves the new snapshot.
struct StreamPathCheck {
    private var componentLength = 0
    private var isOfDots = true
    private var isEmpty = true

    /// False where the path cannot be one that `btrfs send` writes.
    mutating func passes(_ byte: UInt8) -> Bool {
        isEmpty = false
        if byte == UInt8(ascii: "/") {
            defer { (componentLength, isOfDots) = (0, true) }
            return isComponentSound
        }
        componentLength += 1
        if byte != UInt8(ascii: ".") { isOfDots = false }
        return byte != 0
    }

    /// Whether the path may end here.
    var isSound: Bool { isEmpty || isComponentSound }

    private var isComponentSound: Bool { componentLength > 0 && !(isOfDots && componentLength <= 2) }
}
