internal import JournalFormat

/// What a workstation asks in the last session of a handover: these artifacts, which rsync has brought, are to be
/// registered in this order, then the working copy is to follow a label, and then a delivery is answered.
///
/// On the wire it is a line of JSON, then the artifacts' catalogues one after the other, then the delivery:
///
///     {"register":[{"name":"dev@2026-01.full.send.zst.age","catalogue":812}],"follow":"dev@2026-01","delivery":1830}
package struct SettlementRequest: Sendable, Equatable {
    package struct Arrived: Sendable, Equatable {
        package let name: ArtifactName
        /// Bytes; 0 where the workstation has none.
        package let catalogue: Int

        package init(_ name: ArtifactName, catalogue: Int) { (self.name, self.catalogue) = (name, catalogue) }
    }

    /// Bytes of the line, its LF included.
    package static let longestLine = 1 << 14
    private static let mostArtifacts = 64

    package let arrived: [Arrived]
    package let follow: Label?
    /// Bytes.
    package let delivery: Int

    package init(_ arrived: [Arrived], follow: Label?, delivery: Int) {
        (self.arrived, self.follow, self.delivery) = (arrived, follow, delivery)
    }

    package var line: String {
        let artifacts = arrived.map { one in
            JSONValue.object(["name": .string(one.name.description), "catalogue": .integer(one.catalogue)])
        }
        let object: JSONObject = [
            "register": .array(artifacts), "follow": follow.map { .string($0.description) } ?? .null,
            "delivery": .integer(delivery),
        ]
        return JSONValue.object(object).text + "\n"
    }

    /// - Parameter line: without its LF.
    /// - Returns: nil for anything that a workstation of this data set does not say.
    package init?(parsing line: [UInt8], dataset: String) {
        guard let object = (try? JSONValue(parsing: line))?.object,
            case .array(let register)? = object["register"], register.count <= Self.mostArtifacts,
            let delivery = object["delivery"]?.integer, delivery > 0, let followed = object["follow"]
        else { return nil }
        var arrived: [Arrived] = []
        for one in register {
            guard let text = one.object?["name"]?.string, let name = ArtifactName(text), name.description == text,
                name.label.dataset == dataset, let bytes = one.object?["catalogue"]?.integer, bytes >= 0
            else { return nil }
            arrived.append(Arrived(name, catalogue: bytes))
        }
        var follow: Label?
        if let text = followed.string {
            guard let label = Label(text), label.dataset == dataset else { return nil }
            follow = label
        } else if followed != .null {
            return nil
        }
        self.init(arrived, follow: follow, delivery: delivery)
    }
}

/// What the server says of artifacts and its working copy before the answer to a delivery, as a line of JSON.
///
///     {"lacking":[{"name":"dev@2026-01.full.send.zst.age","condition":"missing"}],"register":0,"follow":0,"answer":9120}
package struct ServerReport: Sendable, Equatable {
    /// Bytes of the line, its LF included.
    package static let longestLine = 1 << 20
    /// The exit status of what the server does not do now, and may do later.
    package static let notNow = 11

    /// Registered artifacts which are missing or damaged, or their catalogues, and no mirror has them.
    package var lacking: [ArtifactName: String] = [:]
    /// The exit status of registering; 0 also where there was nothing to register.
    package var register = 0
    /// The exit status of following; nil where it was not tried.
    package var follow: Int?
    /// Bytes of the answer that comes next.
    package var answer = 0
    /// The newest version of send streams that the server can receive; one that does not say it takes the first.
    package var streamVersion = 1

    package init() {}

    package var line: String {
        let all = lacking.sorted { $0.key.label < $1.key.label }.map { name, condition in
            JSONValue.object(["name": .string(name.description), "condition": .string(condition)])
        }
        let object: JSONObject = [
            "lacking": .array(all), "register": .integer(register), "follow": follow.map { .integer($0) } ?? .null,
            "answer": .integer(answer), "stream_version": .integer(streamVersion),
        ]
        return JSONValue.object(object).text + "\n"
    }

    /// - Parameter line: without its LF.
    package init?(parsing line: [UInt8]) {
        guard let object = (try? JSONValue(parsing: line))?.object, case .array(let all)? = object["lacking"],
            let register = object["register"]?.integer, (0...255).contains(register),
            let answer = object["answer"]?.integer, answer >= 0, let follow = object["follow"]
        else { return nil }
        for one in all {
            guard let name = one.object?["name"]?.string.flatMap({ ArtifactName($0) }),
                let condition = one.object?["condition"]?.string, ["missing", "damaged"].contains(condition)
            else { return nil }
            lacking[name] = condition
        }
        if follow != .null {
            guard let status = follow.integer, (0...255).contains(status) else { return nil }
            self.follow = status
        }
        if let version = object["stream_version"] {
            guard let number = version.integer, (1...255).contains(number) else { return nil }
            streamVersion = number
        }
        (self.register, self.answer) = (register, answer)
    }
}
