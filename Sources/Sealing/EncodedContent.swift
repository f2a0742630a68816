package import Catalogue
package import EncodedExtents

extension StreamMap.Compression {
    package var ofExtent: ExtentCompression {
        switch self {
        case .zlib: .zlib
        case .zstd: .zstd
        case .lzo4: .lzo(sectorSize: 4 << 10)
        case .lzo8: .lzo(sectorSize: 8 << 10)
        case .lzo16: .lzo(sectorSize: 16 << 10)
        case .lzo32: .lzo(sectorSize: 32 << 10)
        case .lzo64: .lzo(sectorSize: 64 << 10)
        }
    }
}
