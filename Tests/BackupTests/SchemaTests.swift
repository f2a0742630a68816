import Backup
import JournalFixtures
import JournalFormat
import Testing

@Suite("Schemas of a user's own events")
struct SchemaTests {
    private func value(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }
    private func schema(_ text: String) throws -> Schema { try Schema(try value(text)) }

    /// `PATH WHAT`, or nothing where it fits.
    private func mismatch(_ schema: String, _ data: String) throws -> String? {
        try self.schema(schema).mismatch(try value(data)).map { "\($0.path) \($0.what)" }
    }

    private static let build = """
        {"type":"object","required":["host","steps"],"additionalProperties":false,"properties":{"host":{"type":"string",\
        "minLength":1,"maxLength":3},"steps":{"type":"array","minItems":1,"maxItems":2,"items":{"type":"object",\
        "properties":{"seconds":{"type":"integer","minimum":0,"maximum":3600},"a/b":{"const":{"x":1,"y":[null]}}},\
        "additionalProperties":{"type":["string","null"]}}},"result":{"enum":["ok",7,{"a":1,"b":2}]}}}
        """

    @Test(
        "What fits, and the first place that does not",
        arguments: [
            (#"{"host":"mx1","steps":[{"seconds":5}]}"#, nil),
            (#"{"host":"äöü","steps":[{"a/b":{"y":[null],"x":1}},{"other":null}],"result":{"b":2,"a":1}}"#, nil),
            (#"[]"#, " must be of type object"),
            (#"{"host":"mx1"}"#, "/steps is missing"),
            (#"{"host":"","steps":[{}]}"#, "/host must have at least 1 characters"),
            (#"{"host":"mx10","steps":[{}]}"#, "/host must have at most 3 characters"),
            (#"{"host":7,"steps":[{}]}"#, "/host must be of type string"),
            (#"{"host":"a","steps":[]}"#, "/steps must have at least 1 items"),
            (#"{"host":"a","steps":[{},{},{}]}"#, "/steps must have at most 2 items"),
            (#"{"host":"a","steps":[{},7]}"#, "/steps/1 must be of type object"),
            (#"{"host":"a","steps":[{},{"seconds":-1}]}"#, "/steps/1/seconds must be at least 0"),
            (#"{"host":"a","steps":[{"seconds":3601}]}"#, "/steps/0/seconds must be at most 3600"),
            (#"{"host":"a","steps":[{"a/b":{"x":1}}]}"#, #"/steps/0/a~1b must be {"x":1,"y":[null]}"#),
            (#"{"host":"a","steps":[{"x~y":true}]}"#, "/steps/0/x~0y must be of type null or string"),
            (#"{"host":"a","steps":[{}],"more":1}"#, "/more is not a member that is allowed"),
            (#"{"host":"a","steps":[{}],"result":"no"}"#, #"/result must be one of "ok", 7, {"a":1,"b":2}"#),
        ])
    func fits(data: String, expected: String?) throws {
        #expect(try mismatch(Self.build, data) == expected)
    }

    @Test("Rules of one kind of value say nothing of another, and a schema without rules takes anything")
    func otherKinds() throws {
        let values = ["string": #""abc""#, "array": "[1]", "integer": "3", "object": "{}", "boolean": "true"]
        let rules = [
            (#""minLength":5"#, "string"), (#""minItems":5"#, "array"), (#""items":{"type":"null"}"#, "array"),
            (#""minimum":5"#, "integer"), (#""required":["a"]"#, "object"),
        ]
        for (rule, kind) in rules {
            for (other, data) in values {
                #expect(try (mismatch("{\(rule)}", data) != nil) == (other == kind), "\(rule) \(data)")
            }
        }
        #expect(try mismatch("{}", Self.build) == nil)
        #expect(try mismatch(#"{"type":"number"}"#, "3") == nil)
        #expect(try mismatch(#"{"additionalProperties":true}"#, #"{"a":1}"#) == nil)
    }

    @Test(
        "A schema that says what is not checked here is refused, with the place of that",
        arguments: [
            ("[]", ""), ("true", ""), (#"{"pattern":"a"}"#, "/pattern"), (##"{"$ref":"#"}"##, "/$ref"),
            (#"{"title":"a"}"#, "/title"), (#"{"Type":"object"}"#, "/Type"),
            (#"{"properties":{"a":{"items":{"format":"date"}}}}"#, "/properties/a/items/format"),
            (#"{"additionalProperties":{"oneOf":[]}}"#, "/additionalProperties/oneOf"),
            (#"{"type":"float"}"#, "/type"), (#"{"type":[]}"#, "/type"), (#"{"type":["null","null"]}"#, "/type"),
            (#"{"type":["null",1]}"#, "/type"), (#"{"type":{}}"#, "/type"), (#"{"enum":[]}"#, "/enum"),
            (#"{"enum":"a"}"#, "/enum"), (#"{"properties":[]}"#, "/properties"),
            (#"{"properties":{"a":true}}"#, "/properties/a"), (#"{"required":"a"}"#, "/required"),
            (#"{"required":["a","a"]}"#, "/required"), (#"{"required":[1]}"#, "/required"),
            (#"{"additionalProperties":1}"#, "/additionalProperties"), (#"{"items":[{}]}"#, "/items"),
            (#"{"minItems":-1}"#, "/minItems"), (#"{"maxItems":"1"}"#, "/maxItems"),
            (#"{"minLength":-1}"#, "/minLength"),
            (#"{"maxLength":null}"#, "/maxLength"), (#"{"minimum":"1"}"#, "/minimum"), (#"{"maximum":[]}"#, "/maximum"),
            (#"{"minimum":2,"maximum":1}"#, "/minimum"), (#"{"minLength":2,"maxLength":1}"#, "/minLength"),
            (#"{"items":{"minItems":2,"maxItems":1}}"#, "/items/minItems"),
        ])
    func refused(text: String, path: String) throws {
        let error = #expect(throws: SchemaError.self) { _ = try schema(text) }
        #expect(error.map { "\($0.path)" } == path)
    }

    @Test("Values made from a schema fit it, and one change of such a value does not, at the place of the change")
    func seeded() throws {
        var generator = SeededGenerator(77)
        var broken = 0
        for _ in 0..<2_000 {
            let (text, data) = Self.pair(&generator, depth: 0)
            let schema = try schema(text.text)
            #expect(schema.mismatch(data) == nil, "\(text.text) \(data.text)")
            guard let (changed, path) = Self.changed(text, data, &generator) else { continue }
            let found = schema.mismatch(changed)
            #expect(found.map { "\($0.path)" } == path, "\(text.text) \(changed.text)")
            broken += 1
        }
        #expect(broken > 500)
    }

    @Test("Bytes that are changed at random are a schema or refused, and never anything else")
    func hostile() throws {
        var generator = SeededGenerator(78)
        var taken = 0
        for _ in 0..<5_000 {
            guard let value = try? JSONValue(parsing: generator.mutate(Array(Self.build.utf8))) else { continue }
            guard let schema = try? Schema(value) else { continue }
            taken += 1
            _ = schema.mismatch(value)
        }
        #expect(taken > 0)
    }

    // MARK: Schemas and values that belong together

    private static func pair(_ generator: inout SeededGenerator, depth: Int) -> (JSONValue, JSONValue) {
        switch generator.below(depth > 2 ? 3 : 5) {
        case 0:
            let number = generator.below(2_000) - 1_000
            return (
                .object([
                    "type": .string("integer"), "minimum": .integer(number - generator.below(3)),
                    "maximum": .integer(number + generator.below(3)),
                ]),
                .integer(number)
            )
        case 1:
            let text = String(repeating: "é", count: generator.below(6))
            return (
                .object([
                    "type": .string("string"), "minLength": .integer(text.count),
                    "maxLength": .integer(text.count + generator.below(3)),
                ]),
                .string(text)
            )
        case 2:
            let values: [JSONValue] = [.null, .bool(true), .integer(generator.below(9))]
            return (.object(["enum": .array(values)]), values[generator.below(3)])
        case 3:
            let (each, value) = pair(&generator, depth: depth + 1)
            let count = generator.below(4)
            return (
                .object([
                    "type": .string("array"), "items": each, "minItems": .integer(count), "maxItems": .integer(count),
                ]),
                .array(Array(repeating: value, count: count))
            )
        default:
            var (properties, object) = (JSONObject(), JSONObject())
            for name in ["a", "b/c", "d~e"].prefix(1 + generator.below(3)) {
                let (schema, value) = pair(&generator, depth: depth + 1)
                properties[name] = schema
                object[name] = value
            }
            return (
                .object([
                    "type": .string("object"), "properties": .object(properties),
                    "required": .array(properties.members.map { .string($0.key) }),
                    "additionalProperties": .bool(false),
                ]), .object(object)
            )
        }
    }

    /// One thing made wrong: in the value itself, or, where it has parts, in the first of them.
    private static func changed(
        _ schema: JSONValue, _ value: JSONValue, _ generator: inout SeededGenerator
    ) -> (JSONValue, String)? {
        guard let rules = schema.object else { return nil }
        switch value {
        case .integer(let number) where rules["maximum"] != nil:
            return (.integer(generator.below(2) == 0 ? number + 10 : number - 10), "")
        case .string(let text): return (.string(text + "12345"), "")
        case .array(let values):
            guard let first = values.first, let each = rules["items"], generator.below(2) == 0 else {
                return (.array(values + [.null]), "")
            }
            guard let (inner, path) = changed(each, first, &generator) else { return nil }
            return (.array([inner] + values.dropFirst()), "/0" + path)
        case .object(let object):
            guard generator.below(3) > 0, let member = object.members.first,
                let each = rules["properties"]?.object?[member.key],
                let (inner, path) = changed(each, member.value, &generator)
            else {
                var more = object
                more["z"] = .null
                return (.object(more), "/z")
            }
            var next = object
            next[member.key] = inner
            return (.object(next), "/" + member.key.replacing("~", with: "~0").replacing("/", with: "~1") + path)
        default: return (.string("none of them"), "")
        }
    }
}
