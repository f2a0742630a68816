internal import DurableFiles
internal import SystemPackage

extension TreeSize {
    /// Of a read-only snapshot, by its inodes' items: what the walk finds, without a call for each object. Nil where Btrfs is
    /// not asked: there is no such snapshot, or this is not root.
    init?(snapshot top: FilePath) {
        guard let found = try? OpenDirectory(top).subvolume(), found.isReadOnly, let directory = try? TreeDirectory(top)
        else { return nil }
        var (objects, bytes, apparentBytes) = (-1, 0, 0)
        let items = SubvolumeItems(directory)
        items.begin(
            ItemKey(inode: ItemKey.top, type: ItemKey.inodeItem, offset: 0),
            ItemKey(inode: ItemKey.lastInode, type: .max, offset: .max))
        do throws(Errno) {
            while try items.next() {
                guard items.key.type == ItemKey.inodeItem else { continue }
                let item = InodeItem(items)
                // Without a name it was removed while it was open.
                guard item.links > 0 else { continue }
                objects += Int(item.links)
                guard item.isFile else { continue }
                // `st_blocks` is made of the bytes that the inode holds.
                bytes += Int(clamping: min(item.size, (item.bytes + 511) / 512 * 512))
                let (sum, isTooLarge) = apparentBytes.addingReportingOverflow(Int(clamping: item.size))
                apparentBytes = isTooLarge ? .max : sum
            }
        } catch {
            return nil
        }
        self.init(objects: objects, bytes: bytes, apparentBytes: apparentBytes)
    }
}
