internal import Digest
internal import DurableFiles
package import SystemPackage

extension ETag {
    /// The MD5 that a store's ETag is, of an object that was stored by one request; nil where it is something else.
    var md5: [UInt8]? {
        let digits = text.filter { $0 != "\"" }.lowercased()
        return digits.utf8.count == 32 ? decodeHexadecimal(digits) : nil
    }

    /// The ETag of an object that was put together from parts with these MD5s.
    init(ofParts md5s: [[UInt8]]) {
        self.init("\"\(hexadecimal(MD5.hash(Array(md5s.joined()).span)))-\(md5s.count)\"")
    }
}

extension ObjectInfo {
    /// Whether the store's own hash tells of other bytes than a file's. The hash in an object's metadata cannot tell:
    /// it is what was to be stored. False where the ETag is not an MD5.
    package func isContradicted(by file: FilePath) throws(StoreError) -> Bool {
        guard let stored = etag.md5 else { return false }
        let file = try storing { () throws(FileFailure) in try OpenFile(regular: file, .readOnly, followsLinks: true) }
        let length = try storing { () throws(FileFailure) in try file.size() }
        return try stored != md5(of: file.descriptor, 0..<length, file.path)
    }
}
