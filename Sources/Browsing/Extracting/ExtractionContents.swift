import Backup
import Catalogue
import DurableFiles
import Machines
import SystemPackage

/// Fills the files of a run, all together in the order of the streams.
extension ExtractionRun {
    /// Files that are open at once.
    private static let openAtMost = 64

    func fill() throws {
        let meter = reporter.progress("extracting \(chain.label)", total: order.bytes)
        defer { meter.finish() }
        for number in wanted.indices where wanted[number].left == nil { try fillAlone(number) }
        for number in wanted.indices where wanted[number].left == 0 { try complete(number) }
        var done = 0
        for artifact in 0..<order.artifacts {
            let reads = order.reads(of: artifact)
            if reads.isEmpty { continue }
            let stored = chain.artifacts[artifact]
            // What is wrong with it shows at the files that need it.
            _ = try? stored.expect(reads.lazy.map { $0.at..<$0.at + $0.length })
            for read in reads {
                done += read.length
                if wanted[read.file].isOver { continue }
                try write(read, from: stored)
                meter.reached(done)
            }
        }
    }

    private func write(_ read: StreamOrder.Read, from artifact: StoredArtifact) throws {
        let number = read.file
        do {
            let file = try opened(number)
            var offset = read.offset
            try artifact.read(read.at..<read.at + read.length) { piece in
                try file.write(piece, at: offset)
                offset += piece.count
            }
        } catch let error as Errno {
            try giveUp(number) { try failed(wanted[number].entry, error) }
            return
        } catch let error as BrowsingError {
            try giveUp(number) { fail(wanted[number].entry, [artifact.label], "\(error)") }
            return
        }
        wanted[number].left = wanted[number].left.map { $0 - 1 }
        if wanted[number].left == 0 { try complete(number) }
    }

    /// One whose pieces are not to be read by themselves.
    private func fillAlone(_ number: Int) throws {
        let (entry, plan) = (wanted[number].entry, wanted[number].plan)
        do {
            let file = try opened(number)
            var offset = 0
            try chain.read(plan, zeros: { offset += $0 }) { piece in
                try file.write(piece, at: offset)
                offset += piece.count
            }
        } catch let error as Errno {
            return try giveUp(number) { try failed(entry, error) }
        } catch let error as BrowsingError {
            return try giveUp(number) { fail(entry, chain.labels(of: plan), "\(error)") }
        }
        try complete(number)
    }

    private func giveUp(_ number: Int, _ say: () throws -> Void) throws {
        wanted[number].isOver = true
        if let file = wanted[number].file { target.discard(file.name) }
        wanted[number].file = nil
        open.removeAll { $0 == number }
        try say()
    }

    private func opened(_ number: Int) throws(Errno) -> NewFile {
        if let file = wanted[number].file, file.isOpen { return file }
        if open.count >= Self.openAtMost { wanted[open.removeFirst()].file?.close() }
        open.append(number)
        if let file = wanted[number].file {
            file.reopen(try target.again(file.name))
            return file
        }
        let (name, descriptor) = try target.newFile()
        let file = NewFile(name, descriptor)
        wanted[number].file = file
        return file
    }

    /// All of it is written: it gets its name where it is what was signed.
    private func complete(_ number: Int) throws {
        let (entry, plan) = (wanted[number].entry, wanted[number].plan)
        var isRight = true
        do throws(Errno) {
            if isBelowMissing(entry.path) { throw .noSuchFileOrDirectory }
            let file = try opened(number)
            guard try file.finish(size: entry.size ?? 0) == entry.sha256 else {
                isRight = false
                throw .ioError
            }
            file.close()
            try finish(entry, file.name)
        } catch {
            guard isRight else {
                return try giveUp(number) {
                    fail(entry, chain.labels(of: plan), "its content is not the one that was sealed")
                }
            }
            return try giveUp(number) { try failed(entry, error) }
        }
        open.removeAll { $0 == number }
        wanted[number].file = nil
        wanted[number].isOver = true
        result.files += 1
        result.bytes += entry.size ?? 0
    }
}
