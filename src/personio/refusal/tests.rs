//! The table: what was asked, the status, and whose words the body has.

use super::*;

#[test]
fn only_personio_itself_rejects_anything() {
    let own = || Says::Personio("Something".to_owned());
    let token = || Says::Personio("Provided authorization is not valid".to_owned());
    let page = || Says::Page("Zugriff verweigert".to_owned());
    use Asked::{Read, SignIn};
    use Meaning::{CredentialRejected, InBetween, MissingRight, OtherPlace, TokenRefused, Unexpected};
    for (asked, status, says, means) in [
        (SignIn, 200, own(), CredentialRejected),
        (SignIn, 400, own(), CredentialRejected),
        (SignIn, 401, own(), CredentialRejected),
        (SignIn, 403, own(), CredentialRejected),
        (SignIn, 403, token(), CredentialRejected),
        (SignIn, 422, own(), Unexpected),
        (SignIn, 401, Says::Nothing, InBetween),
        (SignIn, 403, page(), InBetween),
        (SignIn, 407, page(), InBetween),
        (SignIn, 404, page(), OtherPlace),
        (SignIn, 204, Says::Nothing, Unexpected),
        (SignIn, 501, Says::Nothing, Unexpected),
        (SignIn, 501, page(), InBetween),
        (SignIn, 511, Says::Nothing, InBetween),
        (Read, 401, own(), TokenRefused),
        (Read, 401, page(), InBetween),
        (Read, 403, token(), TokenRefused),
        (Read, 403, own(), MissingRight),
        (Read, 403, page(), InBetween),
        (Read, 403, Says::Nothing, InBetween),
        (Read, 404, own(), OtherPlace),
        (Read, 422, own(), Unexpected),
        (Read, 451, page(), InBetween),
        (Read, 204, Says::Nothing, Unexpected),
    ] {
        assert_eq!(meaning(asked, status, &says), means, "{asked:?} {status} {says:?}");
        let refusal = Refusal { asked, host: "api.personio.de", path: "/path", status, says: says.clone() };
        let Failure { exit, message, hints } = refusal.failure();
        let blames = message.contains("Personio rejected")
            || message.contains(" may not ")
            || message.contains("Personio refused");
        let by_personio = matches!(means, CredentialRejected | TokenRefused | MissingRight);
        assert_eq!((blames, exit == Exit::Rejected), (by_personio, by_personio), "{message}");
        assert_eq!(message.contains("something in between"), means == InBetween, "{message}");
        let (Says::Personio(words) | Says::Page(words)) = &says else { continue };
        assert!(message.ends_with(&format!(": \u{201c}{words}\u{201d}")), "{message}");
        assert_eq!(hints.is_empty(), means == Unexpected, "{hints:?}");
    }
}
