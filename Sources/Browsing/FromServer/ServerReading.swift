package import Backup
import Catalogue
import DurableFiles
package import Machines
import Restoring
import Sealing
import SystemPackage

/// Asks the server of a workstation for what the workstation lacks: catalogues that others have made, and those frames of
/// artifacts that files lie in. The server's journal says what has left it.
///
/// What comes is compared with what a workstation that is trusted here has signed (`SealingEvidence`): a catalogue with the
/// hash of its text, a frame with the frame table in it; and no more of it is taken than was asked for.
package struct ServerReading {
    private let machine: Machine
    private let state: BackupState
    private let talk: ServerTalk
    private let evidence: SealingEvidence
    private let parts: ReceivedParts

    /// - Parameter trustsServer: whether a catalogue counts that nobody but the server has made.
    /// - Throws: `BrowsingError.onServerAlone` where no server is set.
    package init(_ machine: Machine, _ state: BackupState, trustsServer: Bool = false) throws {
        self.machine = machine
        self.state = state
        let workstation = try Workstation(machine)
        guard let talk = try? ServerTalk(workstation) else { throw BrowsingError.onServerAlone }
        self.talk = talk
        evidence = try SealingEvidence(.outbox(workstation), trustsServer: trustsServer, machine.reporter)
        parts = try ReceivedParts(in: machine.workstationState)
    }

    /// This workstation's catalogues, and what was sent.
    package var shelf: CatalogueShelf { CatalogueShelf(machine, state, parts) }

    /// Brings the catalogues of these labels that are not here: of one chain by one request, which its newest label stands
    /// for.
    package func bringNames(of labels: [Label]) async throws {
        var left = Set(labels.filter { !shelf.isHere($0) })
        while let newest = left.max() {
            let chain = try RestorePlan(newest, state).steps.map(\.artifact.label)
            let wanted = chain.filter { left.contains($0) }
            try await ask(newest, ReadRequest(catalogues: wanted, paths: nil)) { _ in [] }
            left.subtract(wanted)
        }
    }

    /// Brings what files of a label are made of.
    ///
    /// - Parameters:
    ///   - paths: as a person types them; none for all.
    ///   - isOneFile: whether it has to be a single regular file.
    package func bringFiles(_ paths: [String], of label: Label, isOneFile: Bool = false) async throws {
        let steps = try RestorePlan(label, state).steps
        // What a pattern names only the listing knows; to ask by it would have the server work for as long as it likes.
        if paths.contains(where: ExtractionSelection.canBePattern) { try await bringNames(of: [label]) }
        let roots = try roots(paths, of: label, isOneFile)
        let request = ReadRequest(
            catalogues: steps.map(\.artifact.label).filter { !shelf.isHere($0) },
            paths: roots.map { String(decoding: EscapedText.text($0), as: UTF8.self) })
        guard request.isSendable else { throw BrowsingError.tooManyPaths(roots.count) }
        try await ask(label, request) { shelf in
            if isOneFile { try requireFile(roots, in: try shelf.listing(of: label), label) }
            return roots
        }
    }

    /// What is asked for; found in the listing where that is here.
    private func roots(_ paths: [String], of label: Label, _ isOneFile: Bool) throws -> [[UInt8]] {
        guard shelf.isHere(label) else {
            let roots = try paths.map { try ShownPath.bytes($0) }
            if !roots.contains([]) { return roots }
            if isOneFile { throw BrowsingError.notAFile([], in: label) }
            return []
        }
        let listing = try shelf.listing(of: label)
        if isOneFile { try requireFile(try paths.map { try ShownPath.bytes($0) }, in: listing, label) }
        return try ExtractionSelection(paths, in: listing, of: label).roots
    }

    private func requireFile(_ roots: [[UInt8]], in listing: ListingText, _ label: Label) throws {
        let path = roots.first ?? []
        guard let entry = try listing.entry(at: path) else { throw BrowsingError.noSuchPath(path, in: label) }
        guard entry.kind == .file else { throw BrowsingError.notAFile(path, in: label) }
    }

    /// - Parameter roots: of the files, once the catalogues are here.
    private func ask(
        _ label: Label, _ request: ReadRequest, roots: @escaping (CatalogueShelf) throws -> [[UInt8]]
    ) async throws {
        // What could not be checked is not asked for.
        let signed = try request.catalogues.map { try self.signed(of: $0) }
        try await talk.read(label, request) { answer in
            let received = try takeCatalogues(label, request, signed, from: answer)
            guard request.paths != nil else {
                guard received.frames == 0, received.bytes == 0 else {
                    throw BrowsingError.serverSentOther(label, "files, and not names alone")
                }
                return try requireEnd(of: answer, label)
            }
            try takeFrames(label, received, try roots(shelf), from: answer)
            try requireEnd(of: answer, label)
        }
    }

    private func signed(of label: Label) throws -> SignedCatalogue {
        guard let entry = state.entries[label] else { throw BrowsingError.notRegistered(label) }
        guard entry.catalogueText != nil else { throw BrowsingError.noCatalogue(label) }
        guard let signed = try evidence.catalogue(of: entry) else { throw BrowsingError.catalogueUnsigned(label) }
        return signed
    }

    // MARK: The answer, as it arrives

    private func takeCatalogues(
        _ label: Label, _ request: ReadRequest, _ signed: [SignedCatalogue], from answer: borrowing OpenFile
    ) throws -> ReadAnswer {
        guard let line = try answer.readLine(limit: ReadAnswer.longestLine, CommandExchange.usualPatience) else {
            try requireEnd(of: answer, label)
            throw AnswerEndedError(hasBegun: false)
        }
        guard let received = ReadAnswer(parsing: line), received.catalogues.count == signed.count else {
            throw BrowsingError.serverSentOther(label, "it does not say what follows")
        }
        for (bytes, signed) in zip(received.catalogues, signed) where bytes > signed.text.bytes {
            // Sealed, as it was recorded, it is longer than opened.
            throw BrowsingError.serverSentOther(label, "a catalogue is longer than the one that was sealed")
        }
        try requireRoom(label, received.catalogues.reduce(0, +))
        for (wanted, (bytes, signed)) in zip(request.catalogues, zip(received.catalogues, signed)) {
            let text = try SpooledText(in: parts.directory)
            guard try text.append(from: answer, limit: bytes, CommandExchange.usualPatience) == bytes else {
                throw AnswerEndedError(hasBegun: true)
            }
            parts.add(text, of: wanted, signed)
        }
        return received
    }

    private func takeFrames(
        _ label: Label, _ received: ReadAnswer, _ roots: [[UInt8]], from answer: borrowing OpenFile
    ) throws {
        let files = try FilesInFrames(roots, of: label, on: shelf)
        guard received.frames == files.count, try received.bytes == files.bytes() else {
            throw BrowsingError.serverSentOther(label, "other parts of its artifacts than the files lie in")
        }
        try requireRoom(label, received.bytes)
        let meter = machine.reporter.progress("receiving parts of \(label)", total: received.bytes)
        defer { meter.finish() }
        for (artifact, numbers) in zip(files.chain.artifacts, files.numbers) where !numbers.isEmpty {
            let table = try artifact.catalogue.frames()
            guard
                try parts.takeFrames(
                    numbers, table, of: artifact.label, from: answer, CommandExchange.usualPatience,
                    progress: { meter.reached($0) })
            else { throw AnswerEndedError(hasBegun: true) }
        }
    }

    private func requireEnd(of answer: borrowing OpenFile, _ label: Label) throws {
        do throws(FileFailure) { _ = try answer.readToEnd(limit: 0, CommandExchange.usualPatience) } catch {
            guard error.errno == .fileTooLarge else { throw error }
            throw BrowsingError.serverSentOther(label, "there is more")
        }
    }

    private func requireRoom(_ label: Label, _ bytes: Int) throws {
        try SpaceCheck.workstation(machine).require(
            SpaceNeed("receiving parts of \(label)", bytes: bytes), in: parts.directory)
    }
}
