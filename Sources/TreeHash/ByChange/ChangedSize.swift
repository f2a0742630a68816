package import DurableFiles
package import SystemPackage

extension TreeSize {
    /// Of the regular files of a subvolume that were written after that generation, each once, holes included: Int.max
    /// where it is more. What is not on the disk yet is not seen. Needs root.
    package static func apparentBytes(changedIn top: FilePath, since generation: UInt64) throws(FileFailure) -> Int {
        let items = SubvolumeItems(try TreeDirectory(top))
        do throws(Errno) {
            return try items.written(after: generation).reduce(0) { sum, found in
                guard found.1.isFile else { return sum }
                let (bytes, isTooLarge) = sum.addingReportingOverflow(Int(clamping: found.1.size))
                return isTooLarge ? .max : bytes
            }
        } catch {
            throw FileFailure("search", top, error)
        }
    }
}
