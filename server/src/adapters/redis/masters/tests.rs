//! Reading and applying the slots.

use super::*;

fn range(first: i64, last: i64, host: Value, port: i64, id: &str) -> Vec<Value> {
    let id = Value::BulkString(id.into());
    let master = vec![host, Value::Int(port), id, Value::Array(Vec::new())];
    vec![Value::Int(first), Value::Int(last), Value::Array(master)]
}

fn text(text: &str) -> Value {
    Value::BulkString(text.into())
}

#[test]
fn a_node_tells_masters_with_their_slots_and_epochs() {
    let slots = vec![
        range(0, 5460, text("10.0.0.2"), 7001, "a"),
        range(5461, 5461, Value::Nil, 7002, "b"),
        range(5462, 9000, text("?"), 7003, "c"),
        range(9001, 99_99, text("2001:db8::1"), 7004, "d"),
    ];
    let nodes = "a 10.0.0.2:7001@17001,name myself,master - 0 1 12 connected 0-5460\n\
                 b :7002@17002 master - 0 1 3 connected 5461\n"
        .to_owned();
    let claims = claims("redis.example:6379", slots, nodes).unwrap();
    let claims: Vec<_> = claims
        .iter()
        .map(|claim| (claim.slots.clone(), claim.master.as_str(), claim.epoch))
        .collect();
    assert_eq!(
        claims,
        [
            (0..5461, "10.0.0.2:7001", 12),
            (5461..5462, "redis.example:7002", 3),
            (9001..10_000, "[2001:db8::1]:7004", 0),
        ]
    );
}

fn claim(slots: Range<usize>, master: &str, epoch: u64) -> Claim {
    Claim {
        slots,
        master: master.to_owned(),
        epoch,
    }
}

#[tokio::test]
async fn the_master_with_the_higher_epoch_has_a_slot_and_one_without_slots_is_forgotten() {
    let servers = Servers::new(vec!["redis://127.0.0.1:1".to_owned()], None);
    let add_node = |nodes: &mut HashMap<String, Redis>, place: &str| servers.add_node(nodes, place);
    let mut state = State::default();
    let all = vec![claim(0..8_000, "a:1", 1), claim(8_000..16_384, "b:1", 2)];
    assert!(state.apply(all, add_node));
    // A replica of `a` took over. `a` comes back and does not know it yet.
    let both = vec![claim(0..8_000, "c:1", 3), claim(0..8_000, "a:1", 1)];
    assert!(state.apply(both, add_node));
    let places: Vec<_> = state.masters.iter().map(|(place, _)| &**place).collect();
    assert_eq!(places, ["b:1", "c:1"]);
    assert_eq!((state.by_slot[0], state.by_slot[8_000]), (1, 0));
    assert!(!state.apply(Vec::new(), add_node), "nobody answered");
    assert_eq!((state.by_slot[7_999], state.by_slot[16_383]), (1, 0));
}

#[test]
fn an_answer_of_another_form_is_an_error() {
    for slots in [vec![vec![]], vec![vec![Value::Int(0), Value::Int(1)]]] {
        assert!(claims("127.0.0.1:6379", slots, String::new()).is_err());
    }
}

#[test]
fn a_node_has_the_scheme_and_the_password_of_the_settings() {
    let urls = vec!["rediss://shop:secret@gate.example/".to_owned()];
    let servers = Servers::new(urls, None);
    let node = servers.of_node("[2001:db8::1]:7004").unwrap();
    assert_eq!(node.urls, ["rediss://shop:secret@[2001:db8::1]:7004/"]);
    assert_eq!(place_of(&servers.urls[0]).unwrap(), "gate.example:6379");
}
