internal import Digest

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
