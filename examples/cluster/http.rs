//! One request, one answer, both bytes, over loopback.

use core::convert::Infallible;
use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::sync::Arc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use polyseal::limits;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::{Error, Result};

/// As long as one request takes at most, all that it waits for included.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a service answers: its message, or why there is none.
pub(crate) type Answer = core::result::Result<Vec<u8>, Refusal>;

/// Why a service does not do what it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not now: send the same again.
    Later(String),
    /// Never, for this reason.
    Never(String),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Later(error.to_string())
    }
}

/// Answers requests by what stands in their path, until the process ends.
pub(crate) async fn serve<F: Future<Output = Answer> + Send + 'static>(
    port: u16,
    answer: impl Fn(String, Vec<u8>) -> F + Send + Sync + 'static,
) -> Result<()> {
    let listener = TcpListener::bind(address(port)).await?;
    let answer = Arc::new(answer);
    loop {
        let (stream, _) = listener.accept().await?;
        let answer = Arc::clone(&answer);
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = Arc::clone(&answer);
            async move {
                let path = request.uri().path().to_owned();
                let answer = match Limited::new(request.into_body(), limits::MESSAGE).collect().await {
                    Ok(body) => answer(path, body.to_bytes().to_vec()).await,
                    Err(error) => Err(Refusal::Never(error.to_string())),
                };
                Ok::<_, Infallible>(respond(answer))
            }
        });
        // A connection that breaks is its other end's to make anew.
        tokio::spawn(async move { http1::Builder::new().serve_connection(TokioIo::new(stream), service).await });
    }
}

fn respond(answer: Answer) -> Response<Full<Bytes>> {
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(Refusal::Later(reason)) => (StatusCode::SERVICE_UNAVAILABLE, reason.into_bytes()),
        Err(Refusal::Never(reason)) => (StatusCode::CONFLICT, reason.into_bytes()),
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response
}

/// Asks a service, once.
pub(crate) async fn ask(port: u16, path: &str, body: Vec<u8>) -> Answer {
    match timeout(PATIENCE, exchange(port, path, body)).await {
        Ok(Ok((StatusCode::OK, body))) => Ok(body),
        Ok(Ok((StatusCode::CONFLICT, reason))) => Err(Refusal::Never(String::from_utf8_lossy(&reason).into_owned())),
        Ok(Ok((_, reason))) => Err(Refusal::Later(String::from_utf8_lossy(&reason).into_owned())),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(Refusal::Later("no answer in time".into())),
    }
}

async fn exchange(port: u16, path: &str, body: Vec<u8>) -> Result<(StatusCode, Vec<u8>)> {
    let stream = TcpStream::connect(address(port)).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::post(path).header("host", "localhost").body(Full::<Bytes>::from(body))?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), limits::MESSAGE).collect().await?.to_bytes().to_vec();
    connection.abort();
    Ok((status, body))
}

fn address(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
