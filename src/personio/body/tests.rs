//! How large a body may be, how long it may take, and what names gzip has.

use reqwest::header::HeaderValue;

use super::*;

const TOO_LARGE: Error = Error::TooLarge { most_bytes: MOST_BYTES };

#[test]
fn a_body_has_so_many_bytes_at_most_and_is_read_whole() {
    let far = Duration::from_secs(60);
    for (bytes, expected) in [
        (0, Ok(0)),
        (1, Ok(1)),
        (PIECE + 1, Ok(PIECE + 1)),
        (MOST_BYTES, Ok(MOST_BYTES)),
        (MOST_BYTES + 1, Err(TOO_LARGE)),
        (usize::MAX, Err(TOO_LARGE)),
    ] {
        let source = io::repeat(b' ').take(bytes as u64);
        let body = read(source, Instant::now(), far);
        let room = body.as_ref().map(Vec::capacity).unwrap_or_default();
        assert!(room <= MOST_BYTES, "{bytes}: {room} bytes of memory");
        assert_eq!(body.map(|body| body.len()), expected, "{bytes}");
    }
}

#[test]
fn the_whole_answer_has_one_time_limit() {
    let started = Instant::now();
    std::thread::sleep(Duration::from_millis(2));
    assert_eq!(read(io::repeat(b' '), started, Duration::from_millis(1)), Err(Error::timed_out()));
}

#[test]
fn gzip_has_two_names_and_no_case() {
    let coding = |values: &[&'static str]| {
        let values = values.iter().map(|value| (CONTENT_ENCODING, HeaderValue::from_static(value)));
        Coding::of(&values.collect())
    };
    for (values, expected) in [
        (&[][..], Some(Coding::Plain)),
        (&[""], Some(Coding::Plain)),
        (&["identity"], Some(Coding::Plain)),
        (&["gzip"], Some(Coding::Gzip)),
        (&["x-gzip"], Some(Coding::Gzip)),
        (&["X-GZip"], Some(Coding::Gzip)),
        (&["GZIP, identity"], Some(Coding::Gzip)),
        (&["gzip, gzip"], None),
        (&["br"], None),
        (&["deflate"], None),
    ] {
        assert_eq!(coding(values), expected, "{values:?}");
    }
}
